"""A large body, read as it arrives, without waiting for a sender that went quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from litestar import Request

from listenlink.errors import Problem, ProblemKind

_QUIET_SECONDS = 30.0
_MOST_DIGITS = 18


async def stream_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """The body's pieces. Raises Problem: 408 for a sender gone quiet, 400 for one that left."""
    while True:
        try:
            message = await asyncio.wait_for(request.receive(), _QUIET_SECONDS)
        except TimeoutError:
            raise Problem(ProblemKind.TIMED_OUT) from None
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
