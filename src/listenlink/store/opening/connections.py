"""PostgreSQL connections on the server's event loop, for queries too frequent to go any other way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.postgres import Raw
from listenlink.store.database.postgres_driver import connect, is_unavailable

# Including the answer, within the two seconds after which a listener gets "busy"; even if a proxy has tried
# another node first, which it may do for half a second.
_WITHIN_SECONDS = 1.4
_STATEMENT_MS = 1500
_ENDED_WITHIN_SECONDS = 1.0
# Every statement here looks rows up by key, however many there are: planned once, and not for how small
# a table was at that moment, because then all of it would be read for each batch.
_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Connections:
    """Hands out at most `most` connections, each to one task at a time; a broken one is never reused.

    Not asyncpg's pool, because that asks the server every time one is returned whether all is well.
    """

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._idle: list[Raw] = []
        # First come, first served.
        self._turns = asyncio.Semaphore(most)
        self._ending: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Raw]:
        """Give a connection outside any transaction; waiting for it and using it take less than two seconds.

        Raises Problem(UNAVAILABLE) if there is none in time, or if what is done with it fails because of
        the database's state or takes too long.
        """
        try:
            async with asyncio.timeout(_WITHIN_SECONDS):
                connection = await self._take()
                try:
                    yield connection
                except BaseException:
                    self._give_up(connection)
                    raise
                self._idle.append(connection)
                self._turns.release()
        except Exception as error:
            if is_unavailable(error):
                raise Problem(ProblemKind.UNAVAILABLE) from error
            raise

    async def _take(self) -> Raw:
        await self._turns.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_closed():
                    return connection
            return await connect(self._url, statement_ms=_STATEMENT_MS, more=_PLANS)
        except BaseException:
            self._turns.release()
            raise

    def _give_up(self, connection: Raw) -> None:
        ending = asyncio.get_running_loop().create_task(self._end(connection))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _end(self, connection: Raw) -> None:
        """End the connection's turn once PostgreSQL has released it too, because unless asked to stop it
        carries on with a statement that nobody waits for; but not much later if it doesn't answer."""
        try:
            with contextlib.suppress(Exception):
                await connection.close(timeout=_ENDED_WITHIN_SECONDS)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Close the idle connections."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
