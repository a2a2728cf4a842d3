"""Ordinary queries: a function of a SQLAlchemy connection, run in a thread, one transaction each."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError, OperationalError

from listenlink.errors import Problem, ProblemKind
from listenlink.model.ids import new_number
from listenlink.store.sqlite import make_engine

_Result = TypeVar("_Result")
_THREADS = 4
_ID_TRIES = 8
_CHECKPOINT_ABOVE_BYTES = 8 * 1024 * 1024
# A row of its own, so that it's written whether or not it was there, and nobody waits for it.
_WRITE_SOMETHING = """
INSERT INTO audit_progress (name, audit_id) VALUES ('can_write', 0)
ON CONFLICT (name) DO UPDATE SET audit_id = 0
"""


class Database:
    """The embedded database, for everything but the open itself (`store/group_commit.py`).

    All work is done in its own threads, whoever asks: SQLAlchemy's pool keeps five connections, one
    a thread, and closes that of another thread, even in use, to make a sixth.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = make_engine(path)
        self._writing = self._engine.execution_options(writes=True)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="database")

    async def read(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work` on one consistent state. Raises Problem(UNAVAILABLE) if there is none."""
        return await self._in_thread(lambda: self._read(work))

    async def write(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run `work` as one transaction, committed when it returns, undone when it raises."""
        return await self._in_thread(lambda: self._write(work))

    async def check_writing(self) -> None:
        """Return once something was stored. Raises Problem: STORAGE_FULL where the disk is what's full,
        else UNAVAILABLE."""
        try:
            await self.write(lambda connection: raw_of(connection).execute(_WRITE_SOMETHING))
        except Problem as problem:
            if is_full(problem.__cause__):
                raise Problem(ProblemKind.STORAGE_FULL) from problem
            raise

    async def checkpoint(self) -> None:
        """Carry the write-ahead log over into the database, if it has grown, without hindering anybody:
        left to the open, this would fall into the middle of a batch."""
        wal = self.path.with_name(self.path.name + "-wal")
        if wal.exists() and wal.stat().st_size > _CHECKPOINT_ABOVE_BYTES:
            await self._in_thread(self._checkpoint)

    def _checkpoint(self) -> None:
        with _unavailable(), self._engine.connect() as connection:
            connection.rollback()
            raw_of(connection).execute("PRAGMA wal_checkpoint(PASSIVE)")

    def read_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`read`, while the calling thread waits."""
        return self._threads.submit(self._read, work).result()

    def write_now(self, work: Callable[[Connection], _Result]) -> _Result:
        """`write`, while the calling thread waits."""
        return self._threads.submit(self._write, work).result()

    def _read(self, work: Callable[[Connection], _Result]) -> _Result:
        # Begun at once, so that what goes past SQLAlchemy to the driver sees the same state.
        with _unavailable(), self._engine.connect() as connection, connection.begin():
            return work(connection)

    def _write(self, work: Callable[[Connection], _Result]) -> _Result:
        with _unavailable(), self._writing.begin() as connection:
            return work(connection)

    def close(self) -> None:
        """End the threads and the connections."""
        self._threads.shutdown()
        self._engine.dispose()

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def raw_of(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, for SQL as it stands."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 (the engine makes no other)
    return raw


@contextlib.contextmanager
def _unavailable() -> Iterator[None]:
    """A database that is locked, full or gone is a 503 for whoever asked, with nothing of its text."""
    try:
        yield
    except (OperationalError, sqlite3.OperationalError) as error:
        raise Problem(ProblemKind.UNAVAILABLE) from error


def is_full(error: BaseException | None) -> bool:
    """Whether a failure of the database is that the disk has no room for it."""
    raw = error.orig if isinstance(error, OperationalError) else error
    return isinstance(raw, sqlite3.Error) and raw.sqlite_errorcode == sqlite3.SQLITE_FULL


def insert_with_new_id(connection: Connection, insert: Callable[[int], object]) -> int:
    """Insert a row under a fresh random number, again with another one if it's taken.

    Ids have 48 bits, so a collision is rare and not impossible (docs/api.md, Ids). `insert` may
    raise IntegrityError for another reason; the last one is raised on.
    """
    for left in range(_ID_TRIES, 0, -1):
        number = new_number()
        try:
            with connection.begin_nested():
                insert(number)
        except IntegrityError:
            if left == 1:
                raise
        else:
            return number
    raise AssertionError("unreachable")
