"""The sessions of media players, for all nodes, until they're over: `actions/opening/player_sessions.py`."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import is_over

PURPOSE = "listenlink.players.v1"
_THREADS = 2


class RedisSessions:
    """Sessions by player. `secret` is the same on all nodes: without it a name in Redis leads to nobody."""

    def __init__(self, redis: Redis, secret: bytes) -> None:
        self._redis = redis
        self._secret = secret
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="players")

    async def find(self, player: bytes, now_seconds: int) -> ListenSession | None:
        """The session of this player; None also if Redis doesn't answer."""
        told = await self._run(lambda: self._redis.get(self._key(player)))
        try:
            fields = [int(text) for text in cast(bytes, told or b"").split()]
        except ValueError:
            return None
        session = ListenSession(*fields) if len(fields) == 4 else None
        return None if session is None or is_over(session.ends_at, now_seconds) else session

    async def keep(self, player: bytes, session: ListenSession, now_seconds: int) -> None:
        """Keep it until it's over, if Redis answers."""
        left = session.ends_at - now_seconds
        if left <= 0:
            return
        text = f"{session.share_id} {session.rotation} {session.open_trace} {session.ends_at}"
        await self._run(lambda: self._redis.set(self._key(player), text, ex=left))

    async def _run(self, call: Callable[[], object]) -> object:
        def ask() -> object:
            try:
                return call()
            except RedisError:
                return None

        return await asyncio.get_running_loop().run_in_executor(self._threads, ask)

    def close(self) -> None:
        """Close the threads and connections."""
        self._threads.shutdown()
        self._redis.close()

    def _key(self, player: bytes) -> str:
        return "listenlink:player:" + hmac.digest(self._secret, player, "sha256")[:16].hex()
