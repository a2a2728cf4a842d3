"""Gives Schemathesis what is really there: ids, tokens, sessions and audio, in place of those it makes up.

Made-up ones lead to a 404 and never further. One in eight stays, so that those are asked as well. What an
operation destroys is made for it beforehand; once that is used up it meets what is gone already.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from schemathesis.transport.serialization import Binary

GIVEN: dict[str, Any] = json.loads(os.environ["LISTENLINK_GIVEN"])
REAL: dict[str, str] = GIVEN["real"]
# For operations after which a thing isn't what it was: theirs alone.
OWN: dict[str, dict[str, list[str]]] = GIVEN["own"]
# The tool's own kind of bytes, for where the document has `format: binary`.
AUDIO = Binary(Path(GIVEN["audio"]).read_bytes())
IDS = re.compile(
    "(mtrack|mcoll|mslink|key|mupload|org|user)_[0-9a-f]{12}|shr_[0-9a-f]{32}|[0-9a-f]{64}"
)
# Spelled as a cursor is: whose list it's of is nothing that a schema can say.
CURSOR = re.compile("[A-Za-z0-9_-]{1,256}")
# What the document has no pattern for.
UNSPELLED = ("signed", "name", "version")
FORMS: list[str] = GIVEN["forms"]
DECLARED = ("attribution_text", "confirmed")
ENDS = ("expires_at", "expires_in_hours", "expires_in_days")
SOON = (datetime.now(UTC) + timedelta(days=30)).isoformat()
BY_PREFIX = {"mtrack": "track_id", "mcoll": "collection_id", "shr": "token"}

# The bytes of a piece are bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


def stays(made_up: Any) -> bool:
    """Whether this one is asked as it was made up. The document's own examples aren't."""
    text = repr(made_up)
    return "9692d3f775dd" not in text and zlib.crc32(text.encode()) % 8 == 0


def real_path(operation: str, name: str, made_up: Any) -> Any:
    """What stands in the path instead. What isn't spelled as an id is meant to be wrong, and stays."""
    if name == "org":
        return REAL["org"] if IDS.fullmatch(str(made_up)) else made_up
    if name not in REAL or stays(made_up):
        return made_up
    if name not in UNSPELLED and not IDS.fullmatch(str(made_up)):
        return made_up
    own = OWN.get(operation, {}).get(name)
    if own:
        return own.pop() if len(own) > 1 else own[0]
    return REAL.get(f"{operation}.{name}", REAL[name])


def real_body(value: Any) -> Any:
    """The same with ids of what is there."""
    if isinstance(value, dict):
        return {name: real_body(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [real_body(inner) for inner in value]
    if isinstance(value, str) and IDS.fullmatch(value) and not stays(value):
        return REAL.get(BY_PREFIX.get(value.partition("_")[0], ""), value)
    return value


def with_one_end(body: dict[str, Any]) -> dict[str, Any]:
    """A link's terms with one end, and that to come: which of them go together no schema says. What is meant
    to be wrong stays."""
    named = [name for name in ENDS if body.get(name) is not None]
    if not all(is_end(body[name]) for name in named):
        return body
    more = {name: SOON for name in named[:1] if name == "expires_at"}
    return {name: value for name, value in body.items() if name not in named[1:]} | more


def with_whole_declaration(body: dict[str, Any]) -> dict[str, Any]:
    """What goes with the terms that are declared, which no schema says. What is meant to be wrong stays."""
    terms, text = body.get("declared_licence"), body.get("attribution_text")
    is_right = isinstance(text, str | None) and isinstance(body.get("confirmed", False), bool)
    if not is_right or not isinstance(terms, str | None):
        return body
    if terms is None and "declared_licence" not in body:
        return {name: value for name, value in body.items() if name not in DECLARED}
    if terms == "CC0-1.0":
        body = body | {"attribution_text": None}
    return body | {"confirmed": True} if str(terms).startswith("CC") else body


def is_end(value: Any) -> bool:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(value.upper()).tzinfo is not None
        return False
    # 1.0 is a whole number, to JSON Schema.
    return not isinstance(value, bool) and isinstance(value, int | float) and value == int(value)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Each case just before it's sent."""
    operation = case.operation.definition.raw["operationId"]
    for name, made_up in dict(case.path_parameters or {}).items():
        case.path_parameters[name] = real_path(operation, name, made_up)
    for name, made_up in dict(case.query or {}).items():
        if name in ("target_id", "collection_id"):
            case.query[name] = real_body(made_up)
        elif name == "url" and not stays(made_up):
            case.query[name] = REAL["url"]
    if CURSOR.fullmatch(str(dict(case.query or {}).get("cursor", ""))):
        put_cursor(case)
    headers = case.headers
    # A stream of events has no end: with a session that is good, it would be waited for.
    if (
        "Listen-Session" in headers
        and operation != "watch_link"
        and not stays(headers["Listen-Session"])
    ):
        headers["Listen-Session"] = REAL.get(f"{operation}.session", REAL["session"])
    if operation == "begin_upload" and "Upload-Metadata" in headers and not stays(dict(headers)):
        headers["Upload-Metadata"] = "engine c3R1ZGlv,filename YS53YXY="
    if operation == "append_to_upload" and "Upload-Offset" in headers and not stays(dict(headers)):
        headers["Upload-Offset"] = offset_of(case.path_parameters["upload_id"])
    if operation in FORMS:
        if isinstance(case.body, dict) and isinstance(case.body.get("file"), str | bytes):
            case.body["file"] = AUDIO
    elif isinstance(case.body, dict | list):
        case.body = real_body(case.body)
        if isinstance(case.body, dict):
            case.body = with_whole_declaration(with_one_end(case.body))


def put_cursor(case: Any) -> None:
    """One of this very list, and with it no offset; a list that fits on a page has none."""
    url, asked = f"{GIVEN['url']}{case.formatted_path}", {"X-API-Key": GIVEN["key"]}
    told = httpx.get(url, params={"limit": 1}, headers=asked)
    following = told.json().get("next_cursor") if told.status_code == 200 else None
    case.query.pop("cursor")
    if following is not None:
        case.query["cursor"] = following
        case.query.pop("offset", None)


def offset_of(upload_id: Any) -> str:
    """Where the next piece goes on."""
    url = f"{GIVEN['url']}/v1/music/{REAL['org']}/uploads/{upload_id}"
    asked = {"X-API-Key": GIVEN["key"], "Tus-Resumable": "1.0.0"}
    return str(httpx.head(url, headers=asked).headers.get("Upload-Offset", "0"))
