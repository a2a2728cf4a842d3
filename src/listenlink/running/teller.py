"""Tells people what happened to their links and tracks: notes it, and sends what is due, on every node.

What hangs holds one of a few places for no longer than sending may take, and nobody who listens waits for any
of it. Mails wait for the mail server by themselves.
"""

from __future__ import annotations

import asyncio

import structlog

from listenlink.actions.telling.mail_digests import DigestMailer
from listenlink.actions.telling.note_events import note_events
from listenlink.actions.telling.send_deliveries import DeliverySender, Item
from listenlink.clock import SECOND_US, Clock
from listenlink.store.database.database import Database

_log = structlog.get_logger()
_LOOK_US = SECOND_US
_AT_ONCE = 16


class Teller:
    """Notes events, and has them sent; mailed, too, if there is a `mailer`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sender: DeliverySender,
        mailer: DigestMailer | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self.sender = sender
        self._mailer = mailer
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled, look each second; and for what is to be sent also when something was."""
        await asyncio.gather(self._tell(), self._mail())

    async def _tell(self) -> None:
        try:
            while True:
                try:
                    await self.note()
                except Exception as error:
                    # Whatever it is, what is on its way to others goes on, and so does housekeeping.
                    _log.warning("telling_postponed", error=type(error).__name__)
                await self._send_for_a_while()
        finally:
            for task in self._sending:
                task.cancel()

    async def _mail(self) -> None:
        if self._mailer is None:
            return
        while True:
            try:
                while await self._mailer.mail_next():
                    pass
            except Exception as error:
                # Of one mail that can't be written it's no reason not to write the next.
                _log.warning("mailing_postponed", error=type(error).__name__)
            await asyncio.sleep(_LOOK_US / SECOND_US)

    async def note(self) -> None:
        """Note all that there is to be told now, some at a time. Raises Problem(UNAVAILABLE)."""
        while await note_events(self._database, self._clock.now_us()):
            await asyncio.sleep(0.05)

    async def begin_sending(self) -> None:
        """Take what is due, as far as there are places. Raises Problem(UNAVAILABLE)."""
        while (free := _AT_ONCE - len(self._sending)) > 0:
            items = await self.sender.take(free)
            if not items:
                return
            for item in items:
                task = asyncio.create_task(self._send(item))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, item: Item) -> None:
        try:
            await self.sender.send(item)
        except Exception as error:
            _log.warning("delivery_postponed", error=type(error).__name__)

    async def _send_for_a_while(self) -> None:
        """For a second send what is due: what follows for a webhook begins as soon as what was on its way
        there is over."""
        until = self._clock.tick_us() + _LOOK_US
        while (left_us := until - self._clock.tick_us()) > 0:
            try:
                await self.begin_sending()
            except Exception as error:
                _log.warning("telling_postponed", error=type(error).__name__)
                await asyncio.sleep(left_us / SECOND_US)
            else:
                await self._wait_for_one(left_us / SECOND_US)

    async def _wait_for_one(self, seconds: float) -> None:
        """Until something that is on its way is over, or so long."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(seconds)
