"""The sessions of media players, which can't send one back: they ask for the share address again instead.

A player reopens the address that it was given when somebody seeks, pauses for long, or only because it looks
first and plays then. Who asks from the same client, as the same program, for the same link goes on with its
session, so that all this is one open.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Protocol

from listenlink.actions.waiting_line import WaitingLine
from listenlink.clock import SECOND_US
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import is_over

MOST_SESSIONS = 20_000


class SharedSessions(Protocol):
    """Sessions that all nodes know. Neither raises: who can't reach the others knows nothing of them."""

    async def find(self, player: bytes, now_seconds: int) -> ListenSession | None:
        """The session of this player, if it isn't over."""

    async def keep(self, player: bytes, session: ListenSession, now_seconds: int) -> None:
        """Keep it until it's over."""

    def close(self) -> None:
        """Close the connections."""


class PlayerSessions:
    """The sessions of the players of one process, at most MOST_SESSIONS, and those of all nodes if there is
    something to `share` them by. The one that wasn't asked for longest is forgotten first."""

    def __init__(self, shared: SharedSessions | None = None) -> None:
        self._shared = shared
        self._own: OrderedDict[bytes, ListenSession] = OrderedDict()
        self._turns: dict[bytes, tuple[asyncio.Lock, WaitingLine, int]] = {}

    def __len__(self) -> int:
        return len(self._own)

    @contextlib.asynccontextmanager
    async def turn(self, player: bytes) -> AsyncIterator[None]:
        """One request of a player at a time: two at once would be two opens."""
        lock, line, waiting = self._turns.get(player, (asyncio.Lock(), WaitingLine(), 0))
        self._turns[player] = lock, line, waiting + 1
        try:
            async with line.take(lock):
                yield
        finally:
            *_, waiting = self._turns.pop(player)
            if waiting > 1:
                self._turns[player] = lock, line, waiting - 1

    async def find(self, player: bytes, now_us: int) -> ListenSession | None:
        """The session of this player, if it isn't over. Whether it's still the link's is to be asked of the
        link."""
        now_seconds = now_us // SECOND_US
        session = self._own.get(player)
        if session is None and self._shared is not None:
            session = await self._shared.find(player, now_seconds)
            if session is not None:
                self._remember(player, session)
        if session is None:
            return None
        self._own.move_to_end(player)
        if is_over(session.ends_at, now_seconds):
            del self._own[player]
            return None
        return session

    async def keep(self, player: bytes, session: ListenSession, now_us: int) -> None:
        """Keep the session of an open."""
        self._remember(player, session)
        if self._shared is not None:
            await self._shared.keep(player, session, now_us // SECOND_US)

    def _remember(self, player: bytes, session: ListenSession) -> None:
        self._own[player] = session
        self._own.move_to_end(player)
        if len(self._own) > MOST_SESSIONS:
            self._own.popitem(last=False)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._shared is not None:
            self._shared.close()


def name_player(token_digest: bytes, client: ClientAddress, agent: bytes) -> bytes:
    """What a player at a link is known by, 32 bytes: of the token, the client's prefix, its agent."""
    number = client.number.to_bytes(9, "big")
    return hashlib.sha256(token_digest + number + agent).digest()
