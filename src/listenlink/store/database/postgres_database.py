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

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.database import BUSY_AFTER_SECONDS
from listenlink.store.database.postgres import (
    CONNECT_SECONDS,
    NODE_NAME,
    PUBLISHERS,
    QUERIES,
    WRITING,
    Raw,
    wait_for_turn,
)
from listenlink.store.database.postgres_driver import connect, is_unavailable
from listenlink.store.database.publishing_turn import begin_turn, end_turn, require_turn

_Result = TypeVar("_Result")
_PUBLISHING_WAIT_SECONDS = 30


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
        self._thread = threading.Thread(target=self._loop.run_forever, name="database", daemon=True)
        self._thread.start()
        self._engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: connect(url, name=NODE_NAME) if serves else connect(url),
            pool_size=QUERIES,
            max_overflow=0,
            pool_timeout=CONNECT_SECONDS,
        )
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    async def read(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` on one consistent snapshot."""
        return await self._ask(self._read(work), within_seconds)

    async def write(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` as one transaction, committed when it returns and rolled back when it raises."""
        return await self._ask(self._write(work), within_seconds)

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

    def read_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`read`, while the calling thread waits."""
        return self._submit(self._read(self._within_turn(work, writes=False))).result()

    def write_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`write`, while the calling thread waits."""
        return self._submit(self._write(self._within_turn(work, writes=True))).result()

    def close(self) -> None:
        """Shut down the loop and the connections."""
        self._submit(self._engine.dispose()).result(CONNECT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONNECT_SECONDS)

    async def _read(self, work: Callable[[Connection], _Result]) -> _Result:
        async with self._reading.connect() as connection:
            return await connection.run_sync(work)

    async def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        async with self._engine.begin() as connection:
            await connection.run_sync(wait_for_turn, WRITING)
            return await connection.run_sync(work)

    def _submit(self, work: Coroutine[Any, Any, _Result]) -> Future[_Result]:
        return asyncio.run_coroutine_threadsafe(_told(work, self._serves), self._loop)

    async def _ask(self, work: Coroutine[Any, Any, _Result], within_seconds: float) -> _Result:
        """Answer the caller in time; the connection of an unfinished query is ended after that."""
        asked = self._submit(work)
        try:
            async with asyncio.timeout(within_seconds):
                return await asyncio.wrap_future(asked)
        except TimeoutError as error:
            raise Problem(ProblemKind.UNAVAILABLE) from error


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
