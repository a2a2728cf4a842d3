"""Request bodies as they arrive: their number is bounded, and one that is too slow is given up.

This comes before every route, so that no handler waits for a sender who sends nothing, or a byte a minute.
"""

from __future__ import annotations

import asyncio

from listenlink.errors import Problem, ProblemKind
from listenlink.model.places import Places
from listenlink.web.response import Message, Receive

IDENTITY = b"identity"
MOST_OF_A_CLIENT = 128
QUIET_SECONDS = 30.0
# Slower than any connection that music is sent over.
_LEAST_BYTES_PER_SECOND = 500


def body_places(most: int) -> Places:
    """The places for bodies that are still arriving."""
    return Places(most, MOST_OF_A_CLIENT)


def has_body(headers: dict[bytes, bytes]) -> bool:
    """Whether a body follows the request's head (RFC 9112, section 6.3)."""
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def refuse_coded(headers: dict[bytes, bytes]) -> None:
    """Raise Problem(UNSUPPORTED_CODING) for a compressed body (RFC 9110, sections 8.4 and 15.5.16): its size
    would be known only once it's unpacked."""
    coding = headers.get(b"content-encoding", b"").strip().lower()
    if coding not in (b"", IDENTITY) and has_body(headers):
        raise Problem(ProblemKind.UNSUPPORTED_CODING, accepts_encoding=IDENTITY.decode())


class ArrivingBody:
    """The `receive` of one request. `has_ended` says that no more of its body is to come, `is_late` that
    it was given up."""

    def __init__(self, headers: dict[bytes, bytes], receive: Receive) -> None:
        self._receive = receive
        self.has_ended = not has_body(headers)
        self.is_late = False
        self._began_at = 0.0
        self._bytes = 0

    async def receive(self) -> Message:
        """Wait QUIET_SECONDS at most for the next piece; overall, 500 bytes a second at least must arrive.

        Raises Problem(TIMED_OUT). After the body it waits for the connection to end, however long that takes.
        """
        if self.has_ended:
            return await self._receive()
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._began_at = self._began_at or now
        due_at = self._began_at + QUIET_SECONDS + self._bytes / _LEAST_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(min(now + QUIET_SECONDS, due_at)):
                message = await self._receive()
        except TimeoutError:
            self.is_late = True
            raise Problem(ProblemKind.TIMED_OUT) from None
        self._bytes += len(message.get("body", b""))
        self.has_ended = not message.get("more_body", False)
        return message
