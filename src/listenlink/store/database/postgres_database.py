"""Ordinary queries on PostgreSQL: the same functions of a connection, on an event loop of their own.

Every caller, on the server's loop or in a thread, waits for that loop; so no connection is ever
touched by two callers, and slow Python code in a query keeps nobody from opening a link.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from listenlink.errors import Problem, ProblemKind, unknown_outcome
from listenlink.store.database.database import BUSY_AFTER_SECONDS
from listenlink.store.database.errand import Errand, await_errand, one_call, wait_for_errand
from listenlink.store.database.postgres import (
    CONNECT_SECONDS,
    NODE_NAME,
    PUBLISHERS,
    READERS,
    WRITERS,
    WRITING,
    Raw,
    wait_for_turn,
)
from listenlink.store.database.postgres_driver import (
    APPLICATION_NAME,
    connect,
    is_refused,
    is_unavailable,
)
from listenlink.store.database.publishing_turn import begin_turn, end_turn, require_turn
from listenlink.threads import name_thread

_Result = TypeVar("_Result")
# With the commit that follows, below the 5 s that is the longest anyone waits.
_PUBLISHING_WAIT_SECONDS = 3.0


class _PostgresErrand(Errand):
    """One piece of work, on the database's loop: the connection of what is given up is ended."""

    future: Future[Any] | None = None

    def _stop(self) -> None:
        if self.future is not None:
            self.future.cancel()


class PostgresDatabase:
    """A PostgreSQL database, for everything but the open itself (`store/opening/postgres_opens.py`).

    Writers on all nodes take turns, by an advisory lock: so code that is written once, for the embedded
    database too, is as free of races here.
    """

    def __init__(self, url: str, *, serves: bool = False) -> None:
        self._url, self._serves = url, serves
        self._publishers = threading.Semaphore(PUBLISHERS)
        self._turn = threading.local()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="database", daemon=True)
        self._thread.start()
        # Readers have connections of their own, so that writers who wait for a lock can't take them all.
        self._writing = self._make_engine(WRITERS)
        self._reading = self._make_engine(READERS).execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def _run(self) -> None:
        name_thread("database")
        self._loop.run_forever()

    def _make_engine(self, connections: int) -> AsyncEngine:
        url, name = self._url, NODE_NAME if self._serves else APPLICATION_NAME
        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: connect(url, name=name),
            pool_size=connections,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
        )

    async def read(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` on one consistent snapshot."""
        errand = _PostgresErrand()
        with one_call(within_seconds) as seconds:
            asked = self._submit(self._read(work))
            errand.future = asked
            return await await_errand(asked, errand, seconds)

    async def write(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` as one transaction, committed when it returns and rolled back when it raises."""
        errand = _PostgresErrand()
        with one_call(within_seconds) as seconds:
            asked = self._submit(self._write(work, errand))
            errand.future = asked
            return await await_errand(asked, errand, seconds)

    @contextlib.contextmanager
    def publishing(self) -> Iterator[None]:
        """While the block lasts, no other node gives stored audio to a track or removes any.

        What the calling thread reads or writes within the block ends in Problem(UNAVAILABLE) if the turn was
        lost meanwhile, with its connection, and another node's has begun.
        """
        until = time.monotonic() + _PUBLISHING_WAIT_SECONDS
        # This process's own publishers first wait for each other, so that they use only one connection.
        if not self._publishers.acquire(timeout=_PUBLISHING_WAIT_SECONDS):
            raise Problem(ProblemKind.UNAVAILABLE)
        try:
            connection, self._turn.number = self._submit(self._begin_publishing(until)).result()
            try:
                yield
            finally:
                ending = self._submit(end_turn(connection, self._turn.number))
                self._turn.number = None
                ending.result()
        finally:
            self._publishers.release()

    async def _begin_publishing(self, until: float) -> tuple[Raw, int]:
        connection = await connect(self._url)
        try:
            return connection, await begin_turn(connection, until)
        except BaseException:
            connection.terminate()
            raise

    def _within_turn(
        self, work: Callable[[Connection], _Result], *, writes: bool
    ) -> Callable[[Connection], _Result]:
        """The same, but only while the calling thread's turn to publish holds, if it has one."""
        turn: int | None = getattr(self._turn, "number", None)
        if turn is None:
            return work

        def do(connection: Connection) -> _Result:
            require_turn(connection, turn, until_commit=writes)
            return work(connection)

        return do

    async def ping(self) -> None:
        """Return if the database answers."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")))

    async def checkpoint(self) -> None:
        """Do nothing: PostgreSQL looks after itself."""

    def read_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`read`, while the calling thread waits."""
        errand = _PostgresErrand()
        asked = self._submit(self._read(self._within_turn(work, writes=False)))
        errand.future = asked
        return wait_for_errand(asked, errand, within_seconds)

    def write_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`write`, while the calling thread waits."""
        errand = _PostgresErrand()
        asked = self._submit(self._write(self._within_turn(work, writes=True), errand))
        errand.future = asked
        return wait_for_errand(asked, errand, within_seconds)

    def purge_now(self) -> bool:
        """Do nothing: vacuuming is PostgreSQL's."""
        return True

    def close(self) -> None:
        """Shut down the loop and the connections."""
        for engine in (self._reading, self._writing):
            self._submit(engine.dispose()).result(CONNECT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONNECT_SECONDS)

    async def _read(self, work: Callable[[Connection], _Result]) -> _Result:
        async with self._reading.connect() as connection:
            return await connection.run_sync(work)

    async def _write(self, work: Callable[[Connection], _Result], errand: Errand) -> _Result:
        async with self._writing.connect() as connection, connection.begin() as transaction:
            await connection.run_sync(wait_for_turn, WRITING)
            made = await connection.run_sync(work)
            errand.begin_commit()
            try:
                await transaction.commit()
            except Exception as error:
                if is_refused(error) or not is_unavailable(error):
                    raise
                # The connection broke before PostgreSQL said what became of it.
                raise unknown_outcome() from error
            return made

    def _submit(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        return asyncio.run_coroutine_threadsafe(_told(work, self._serves), self._loop)


async def _told(work: Coroutine[Any, Any, _Result], logs: bool) -> _Result:
    """Turn the errors of a database that is locked, full or gone into a 503 without any of their text. A
    command says by itself what is wrong: only a node `logs` it."""
    try:
        return await work
    except Exception as error:
        if not is_unavailable(error):
            raise
        if logs:
            structlog.get_logger().warning("database_unavailable", error=type(error).__name__)
        raise Problem(ProblemKind.UNAVAILABLE) from error
