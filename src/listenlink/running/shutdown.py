"""Shut down without losing a request: announce it, go on answering for a while, finish what was begun.

SIGTERM → `announce`: `/readyz` is 503 from now on, and every answer closes its connection
        → for `leave_after_seconds` everything is still answered, so that a load balancer can notice
SIGINT, or that time is over → listening stops; a moment later `refuse`: what still arrives gets a 503
        → `finish`: wait until nothing is in flight, at most ten seconds

After SIGINT nobody is waited for who only listens: somebody is at the terminal, and a song is long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

FINISHED_WITHIN_SECONDS = 10.0
_LOOK_SECONDS = 0.02
# What was sent last is still with the server's threads then, not yet on the wire.
_FLUSHED_SECONDS = 0.1


class Presence:
    """Whether this process is shutting down, and how many requests it has in flight."""

    __slots__ = ("in_flight", "is_leaving", "is_refusing")

    def __init__(self) -> None:
        self.in_flight = 0
        self.is_leaving = False
        self.is_refusing = False

    def announce(self) -> None:
        """Announce the shutdown: nothing new should be sent to this process."""
        self.is_leaving = True

    def refuse(self) -> None:
        """Refuse whatever arrives from now on."""
        self.is_leaving = self.is_refusing = True

    async def finish(self, ended: Callable[[], int] = lambda: 0) -> int:
        """Wait until nothing is in flight but what is `ended` anyway. Returns how many requests still are
        when the time is up."""
        self.refuse()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + FINISHED_WITHIN_SECONDS
        while self.in_flight > ended() and loop.time() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
        await asyncio.sleep(_FLUSHED_SECONDS)
        return self.in_flight
