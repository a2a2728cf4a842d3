"""Tells people what happened to their links and tracks: notes it, and sends what is due, on every node.

What hangs holds one of a few places for no longer than sending may take, and nobody who listens waits for any
of it.
"""

from __future__ import annotations

import asyncio

import structlog

from listenlink.actions.telling.note_events import note_events
from listenlink.actions.telling.send_deliveries import DeliverySender, Item
from listenlink.clock import Clock
from listenlink.errors import Problem
from listenlink.store.database.database import Database

_log = structlog.get_logger()
_LOOK_SECONDS = 1.0
_AT_ONCE = 16


class Teller:
    """Notes events, and has them sent."""

    def __init__(self, database: Database, clock: Clock, sender: DeliverySender) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled, look each second, and as soon as a place is free."""
        try:
            while True:
                try:
                    await self.note()
                    await self.begin_sending()
                except (Problem, OSError) as error:
                    _log.warning("telling_postponed", error=type(error).__name__)
                await self._wait()
        finally:
            for task in self._sending:
                task.cancel()

    async def note(self) -> None:
        """Note all that there is to be told now, some at a time. Raises Problem(UNAVAILABLE)."""
        while await note_events(self._database, self._clock.now_us()):
            await asyncio.sleep(0.05)

    async def begin_sending(self) -> None:
        """Take what is due, as far as there are places. Raises Problem(UNAVAILABLE)."""
        while (free := _AT_ONCE - len(self._sending)) > 0:
            items = await self._sender.take(free)
            if not items:
                return
            for item in items:
                task = asyncio.create_task(self._send(item))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, item: Item) -> None:
        try:
            await self._sender.send(item)
        except (Problem, OSError) as error:
            _log.warning("delivery_postponed", error=type(error).__name__)

    async def _wait(self) -> None:
        """A second; a place that becomes free before is used at once, if something waits for one."""
        if len(self._sending) < _AT_ONCE:
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            await asyncio.wait(
                self._sending, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
