"""A large body, read as it arrives. Whoever sends too slowly is dealt with in `web/arriving_body.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request

from listenlink.errors import Problem, ProblemKind

_MOST_DIGITS = 18


async def stream_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body's pieces. Raises Problem: 408 for a sender gone quiet, 400 for one that left."""
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise Problem(ProblemKind.BAD_REQUEST, "The upload was broken off.")
        if message["body"]:
            yield message["body"]
        if not message.get("more_body", False):
            return


def promised_bytes(request: Request[Any, Any, Any]) -> int | None:
    """`Content-Length`, if it tells."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return None
    # Python reads no number of thousands of digits; this one is over every limit as well.
    return int(length) if len(length) <= _MOST_DIGITS else 10**_MOST_DIGITS
