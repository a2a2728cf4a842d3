"""PostgreSQL connections of the server's event loop, for what is asked too often to go another way."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.postgres import Raw
from listenlink.store.database.postgres_driver import connect, is_unavailable

# Together with the answer, within the two seconds after which a listener is told "busy"; also for whom a
# proxy has tried another node before, which it may for half a second.
_WITHIN_SECONDS = 1.4
_STATEMENT_MS = 1500
_ENDED_WITHIN_SECONDS = 1.0
# Every statement here looks rows up by their keys, however many there are: planned once, and not by how
# small a table was in that moment, which would have all of it read for each batch.
_PLANS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


class Connections:
    """Hands out at most `most` connections, each to one at a time; a broken one is never handed out again.

    Not asyncpg's pool: that asks the server at every return whether all is well.
    """

    def __init__(self, url: str, most: int) -> None:
        self._url = url
        self._idle: list[Raw] = []
        # First come, first served.
        self._turns = asyncio.Semaphore(most)
        self._ending: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[Raw]:
        """A connection outside any transaction; waiting for it and using it take less than two seconds.

        Raises Problem(UNAVAILABLE) if there is none in time, or if what is done with it fails by the
        database's state or takes too long.
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
        """Its turn is over once PostgreSQL has let go of it as well, which goes on with a statement that
        nobody waits for unless it's told to stop; but not much later, if it doesn't answer."""
        try:
            with contextlib.suppress(Exception):
                await connection.close(timeout=_ENDED_WITHIN_SECONDS)
        finally:
            self._turns.release()

    def close(self) -> None:
        """End those that nobody uses."""
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()
