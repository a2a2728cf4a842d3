"""Ordinary queries on the embedded database, run in threads."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, OperationalError

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.database import BUSY_AFTER_SECONDS, raw_of
from listenlink.store.database.sqlite import make_engine

_Result = TypeVar("_Result")
_THREADS = 4
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHECKPOINT_ABOVE_BYTES = 8 * 1024 * 1024


class SqliteDatabase:
    """The embedded database, for everything but the open itself (`store/opening/group_commit.py`).

    All work is done in its own threads, whoever asks: SQLAlchemy's pool holds five connections, one
    per thread, and closes another thread's, even one in use, to make a sixth.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = make_engine(path)
        self._writing = self._engine.execution_options(writes=True)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="database")

    async def read(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` on one consistent snapshot."""
        del within_seconds
        return await self._in_thread(lambda: self._read(work))

    async def write(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` as one transaction, committed when it returns and rolled back when it raises."""
        del within_seconds
        return await self._in_thread(lambda: self._write(work))

    def publishing(self) -> AbstractContextManager[None]:
        """Do nothing: there is only one node, and its processes use the folder's own lock."""
        return contextlib.nullcontext()

    async def ping(self) -> None:
        """Return if the database answers."""
        await self.read(lambda connection: connection.execute(text("SELECT 1")))

    async def checkpoint(self) -> None:
        """Copy the write-ahead log into the database, if it has grown, without holding anybody up: otherwise
        an open would do it, in the middle of a batch."""
        wal = self.path.with_name(self.path.name + "-wal")
        if wal.exists() and wal.stat().st_size > _CHECKPOINT_ABOVE_BYTES:
            await self._in_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        with _unavailable(), self._engine.connect() as connection:
            connection.rollback()
            raw_of(connection).execute("PRAGMA wal_checkpoint(PASSIVE)")

    def purge_now(self) -> bool:
        """Empty the write-ahead log, which has the pages as they were. Waits for readers for some seconds."""
        return self._threads.submit(self._purge).result()

    def _purge(self) -> bool:
        with _unavailable(), self._engine.connect() as connection:
            connection.rollback()
            (is_busy, _, _) = (
                raw_of(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
            return not is_busy

    def read_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`read`, while the calling thread waits."""
        return self._threads.submit(self._read, work).result()

    def write_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`write`, while the calling thread waits."""
        return self._threads.submit(self._write, work).result()

    def _read(self, work: Callable[[Connection], _Result]) -> _Result:
        # Begun at once, so that what bypasses SQLAlchemy and uses the driver sees the same state.
        with _unavailable(), self._engine.connect() as connection, connection.begin():
            return work(connection)

    def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        with _unavailable(), self._writing.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """Shut down the threads and connections."""
        self._threads.shutdown()
        self._engine.dispose()

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@contextlib.contextmanager
def _unavailable() -> Iterator[None]:
    """Turn the errors of a database that is locked, full, damaged or gone into a 503 without any of their
    text."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        raise Problem(ProblemKind.UNAVAILABLE) from error
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raw = error.orig if isinstance(error, DatabaseError) else error
        if getattr(raw, "sqlite_errorcode", None) not in _DAMAGED:
            raise
        raise Problem(ProblemKind.UNAVAILABLE) from error
