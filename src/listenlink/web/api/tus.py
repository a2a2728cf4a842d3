"""The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read and described.

The core, creation, expiration and termination are supported; record 0016 says why no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from litestar import Request
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema

from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model.moment import tellable_seconds
from listenlink.web.tus_headers import VERSION

PIECE = "application/offset+octet-stream"
_EXTENSIONS = "creation,expiration,termination"
_NUMBER = re.compile(r"[0-9]{1,15}")


def _described(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"} | schema,
    }


RESUMABLE = _described("Tus-Resumable", "The version of tus that is spoken.", enum=[VERSION])
LENGTH = _described(
    "Upload-Length", "How many bytes the file has.", type="integer", minimum=1, maximum=10**15 - 1
)
OFFSET = _described(
    "Upload-Offset", "Where these bytes begin.", type="integer", minimum=0, maximum=10**15 - 1
)
METADATA = _described(
    "Upload-Metadata",
    "Names and base64 values, with commas between the pairs: `engine`, and if wanted `filename`, "
    "`title`, `artist`, `mode` and `instrumental`, as in the form of an upload. With `track_id` it's a "
    "new version of that track, with `engine` and `current` as in its form.",
    examples=["engine c3R1ZGlv,filename YS53YXY="],
)


@dataclass
class PieceOperation(Operation):
    """The bytes of a piece, which are read as a stream and so aren't a parameter of the handler."""

    def __post_init__(self) -> None:
        piece = Schema(type="string", format="binary")  # type: ignore[arg-type]
        self.request_body = RequestBody(
            content={PIECE: OpenAPIMediaType(schema=piece)}, required=True
        )


def require_tus(request: Request[Any, Any, Any]) -> None:
    """Raise a 412 Problem unless the request speaks this version."""
    if request.headers.get("tus-resumable") != VERSION:
        raise Problem(ProblemKind.OTHER_PROTOCOL)


def number_of(request: Request[Any, Any, Any], name: str) -> int:
    """The value of a header that is a whole number. Raises a 422 Problem that names the header."""
    sent = request.headers.getall(name, [])
    if len(sent) != 1 or _NUMBER.fullmatch(sent[0]) is None:
        raise invalid(name, "This is a whole number of bytes.")
    return int(sent[0])


def option_headers(max_bytes: int) -> dict[str, str]:
    """The headers by which OPTIONS describes the server."""
    return {"Tus-Extension": _EXTENSIONS, "Tus-Max-Size": str(max_bytes)}


def http_date(at_us: int) -> str:
    """`1782642600000000` → `Sun, 28 Jun 2026 10:30:00 GMT`."""
    return format_datetime(datetime.fromtimestamp(tellable_seconds(at_us), UTC), usegmt=True)
