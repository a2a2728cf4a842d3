"""Notify listeners when a link they have open is closed: one database query a second for all of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import is_over
from listenlink.model.places import Places
from listenlink.model.share import Life
from listenlink.store import held_links
from listenlink.store.database.database import Database
from listenlink.store.lives import find_lives
from listenlink.store.turned_links import Turned, find_following, find_turned

# An office or a carrier listens behind one address: forty more a minute, for some minutes each.
MOST_OF_A_CLIENT = 250
_SECOND = 1.0
# Clocks of nodes may be so far apart, and a look may come so late.
_TURNED_US = 60 * SECOND_US
_MOST_TURNED = 20


@dataclass(eq=False, slots=True)
class Watch:
    """One listener's watch. `ended` is set once the link is closed or the session over, or when this process
    shuts down; `is_closed` distinguishes the former. `changed` is set once the link leads to another version
    of a track."""

    session: ListenSession
    is_closed: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class LinkWatcher:
    """Watches open links for one process: at most `most`, of which MOST_OF_A_CLIENT for any one client."""

    def __init__(self, database: Database, clock: Clock, most: int) -> None:
        self._database = database
        self._clock = clock
        self._watches: set[Watch] = set()
        self._told: set[Turned] = set()
        self.places = Places(most, MOST_OF_A_CLIENT)

    @contextlib.contextmanager
    def watch(self, session: ListenSession, client: ClientAddress) -> Iterator[Watch]:
        """Watch for as long as the block lasts. Raises Problem(LIMITED) if the client has as many watches as
        one client may, and Problem(UNAVAILABLE) if all clients together do."""
        with self.places.take(client.number):
            watch = Watch(session)
            self._watches.add(watch)
            try:
                yield watch
            finally:
                self._watches.discard(watch)

    async def run(self) -> None:
        """Look once a second until cancelled; then every listener is sent away, to reconnect."""
        try:
            while True:
                await asyncio.sleep(_SECOND)
                if not self._watches:
                    continue
                try:
                    await self.look()
                except Problem:
                    structlog.get_logger().warning("watching_postponed")
        finally:
            for watch in self._watches:
                watch.ended.set()

    async def look(self) -> None:
        """End the watches of links that no longer lead anywhere, and of sessions that are over; tell the
        others once their link leads to another version."""
        watched = {watch.session.share_id for watch in self._watches}
        now_us = self._clock.now_us()

        lives = await self._database.read(lambda connection: find_lives(connection, watched))
        for watch in list(self._watches):
            if not _is_open(watch.session, lives.get(watch.session.share_id), now_us):
                watch.is_closed = True
                watch.ended.set()
        await self._look_for_versions(watched, now_us)

    async def _look_for_versions(self, watched: set[int], now_us: int) -> None:
        """Tell those whose link leads to another version; of few tracks at a time, so that whoever changes
        many keeps nobody from being told."""

        def find(connection: Connection) -> tuple[set[Turned], set[int]]:
            turned = find_turned(connection, now_us - _TURNED_US)
            told = self._told & turned
            told.update(sorted(turned - told, key=lambda one: one.since)[:_MOST_TURNED])
            return told, find_following(connection, watched, told - self._told)

        self._told, following = await self._database.read(find)
        for watch in self._watches:
            if watch.session.share_id in following:
                watch.changed.set()

    async def stands(self, session: ListenSession, token_digest: bytes) -> bool:
        """Whether the session is one of the link with this token, and that is open now: for who can't be told
        once it isn't. Raises Problem(UNAVAILABLE)."""
        now_us = self._clock.now_us()
        # By the session, which this server signed. Whoever has one asks without a limit, so what any other
        # token leads to isn't looked up.
        link = await self._database.read(lambda c: held_links.get_of_session(c, session.share_id))
        leads = link.track_id is not None or link.collection_id is not None
        is_open = _is_open(session, link, now_us)
        return link.token_digest == token_digest and leads and is_open


def _is_open(session: ListenSession, link: Life | None, now_us: int) -> bool:
    is_past = is_over(session.ends_at, now_us // SECOND_US)
    return link is not None and not is_past and link.admits(session, now_us)
