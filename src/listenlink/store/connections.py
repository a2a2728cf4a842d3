"""PostgreSQL connections of the server's event loop, for what is asked too often to go another way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from listenlink.errors import Problem, ProblemKind
from listenlink.store.postgres import Raw, connect, is_unavailable

_MOST_IDLE = 8
# Together with the answer, within the two seconds after which a listener is told "busy"; also for whom a
# proxy has tried another node before, which it may for half a second.
_WITHIN_SECONDS = 1.4
_STATEMENT_MS = 1500
# Every statement here looks rows up by their keys, however many there are: planned once, and not by how
# small a table was in that moment, which would have all of it read for each batch.
_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Connections:
    """Hands out connections, each to one at a time; a broken one is never handed out again.

    Not asyncpg's pool: that asks the server at every return whether all is well.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._idle: list[Raw] = []

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Raw]:
        """A connection outside any transaction, for less than two seconds.

        Raises Problem(UNAVAILABLE) if there is none, or if what is done with it fails by the
        database's state or takes too long.
        """
        connection: Raw = None
        try:
            async with asyncio.timeout(_WITHIN_SECONDS):
                connection = await self._take()
                yield connection
        except BaseException as error:
            if connection is not None:
                connection.terminate()
            if isinstance(error, Exception) and is_unavailable(error):
                raise Problem(ProblemKind.UNAVAILABLE) from error
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.terminate()

    async def _take(self) -> Raw:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return await connect(self._url, statement_ms=_STATEMENT_MS, more=_PLANS)

    def close(self) -> None:
        """End those that nobody uses."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
