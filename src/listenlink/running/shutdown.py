"""Leave without losing a request: say so, go on answering for a while, finish what was begun.

SIGTERM → `announce`: `/readyz` is 503 from now on, and every answer closes its connection
        → for `leave_after_seconds` everything is still answered, so that a balancer can notice
SIGINT, or that time is over → nobody listens any more; a moment later `refuse`: what still comes is a 503
        → `finish`: until nothing is in flight, at most ten seconds
"""

from __future__ import annotations

import asyncio

FINISHED_WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.02
# What was sent last is with the server's threads then, and not yet on the wire.
_FLUSHED_SECONDS = 0.1


class Presence:
    """Whether this process is here to stay, and how many requests it has in hand."""

    __slots__ = ("in_flight", "is_leaving", "is_refusing")

    def __init__(self) -> None:
        self.in_flight = 0
        self.is_leaving = False
        self.is_refusing = False

    def announce(self) -> None:
        """This process will leave: nothing new should be sent to it."""
        self.is_leaving = True

    def refuse(self) -> None:
        """Take in nothing more."""
        self.is_leaving = self.is_refusing = True

    async def finish(self, within_seconds: float = FINISHED_WITHIN_SECONDS) -> int:
        """Wait until nothing is in hand; how many requests still are when the time is over."""
        self.refuse()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_seconds
        while self.in_flight and loop.time() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(_FLUSHED_SECONDS)
        return self.in_flight
