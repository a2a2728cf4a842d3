"""A large body, read as it arrives. Slow senders are dealt with in `web/arriving_body.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Request

from listenlink.errors import Problem, ProblemKind

_MOST_DIGITS = 18


async def stream_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """Yield the body's pieces. Raises Problem: 408 if the sender goes quiet, 400 if it disconnects."""
    while True:
        message = await request.receive()
        if message["type"] != "http.request":
            raise Problem(ProblemKind.BAD_REQUEST, "The upload was broken off.")
        if message["body"]:
            yield message["body"]
        if not message.get("more_body", False):
            return


def promised_bytes(request: Request[Any, Any, Any]) -> int | None:
    """`Content-Length`, if it's there and a number."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        return None
    # Python won't read a number with thousands of digits; this one is over every limit as well.
    return int(length) if len(length) <= _MOST_DIGITS else 10**_MOST_DIGITS
