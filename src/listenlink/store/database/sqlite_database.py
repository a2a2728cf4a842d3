"""Ordinary queries on the embedded database, run in threads."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DatabaseError, OperationalError

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.database import BUSY_AFTER_SECONDS, raw_of
from listenlink.store.database.errand import await_errand, one_call, wait_for_errand
from listenlink.store.database.sqlite import make_engine
from listenlink.store.database.sqlite_errand import STEP_MS, SqliteErrand
from listenlink.store.database.sqlite_lock import opens_first
from listenlink.threads import Threads

_Result = TypeVar("_Result")
_READERS = 4
# How long a command, or whoever else can wait, lets others write.
_PATIENT_SECONDS = 5.0
# In WAL mode nothing locks readers out but, for a moment, opening and closing the file.
_READER_BUSY_MS = 1000
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_CHECKPOINT_ABOVE_BYTES = 8 * 1024 * 1024


class SqliteDatabase:
    """The embedded database, for everything but the open itself (`store/opening/group_commit.py`).

    Readers have threads and connections of their own, which no writer can take. There is one writer, since
    SQLite lets only one write anyway: who waits for a lock that another process holds waits there, and not
    in the readers' place. Opens that wait for it go first.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reading = make_engine(path, busy_timeout_ms=_READER_BUSY_MS, query_only=True)
        self._writing = make_engine(path, busy_timeout_ms=STEP_MS).execution_options(writes=True)
        self._opens = opens_first(path)
        self._readers, self._writer = Threads("reader", _READERS), Threads("writer", 1)

    async def read(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` on one consistent snapshot."""
        with one_call(within_seconds) as seconds:
            errand = SqliteErrand(seconds)
            asked = self._readers.submit(lambda: self._read(work, errand))
            return await await_errand(asked, errand, seconds)

    async def write(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` as one transaction, committed when it returns and rolled back when it raises."""
        with one_call(within_seconds) as seconds:
            errand = SqliteErrand(seconds)
            asked = self._writer.submit(lambda: self._write(work, errand))
            return await await_errand(asked, errand, seconds)

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
            await self._readers.run(self._checkpoint)

    def _checkpoint(self) -> None:
        with _unavailable(), self._reading.connect() as connection:
            connection.rollback()
            raw_of(connection).execute("PRAGMA wal_checkpoint(PASSIVE)")

    def purge_now(self) -> bool:
        """Empty the write-ahead log, which has the pages as they were. Waits for readers for some seconds."""
        return self._writer.submit(self._purge).result()

    def _purge(self) -> bool:
        with _unavailable(), self._writing.connect() as connection:
            connection.rollback()
            (is_busy, _, _) = (
                raw_of(connection).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
            return not is_busy

    def read_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`read`, while the calling thread waits."""
        errand = SqliteErrand(within_seconds or _PATIENT_SECONDS)
        asked = self._readers.submit(lambda: self._read(work, errand))
        return wait_for_errand(asked, errand, within_seconds)

    def write_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`write`, while the calling thread waits."""
        errand = SqliteErrand(within_seconds or _PATIENT_SECONDS)
        asked = self._writer.submit(lambda: self._write(work, errand))
        return wait_for_errand(asked, errand, within_seconds)

    def _read(self, work: Callable[[Connection], _Result], errand: SqliteErrand) -> _Result:
        with (
            _unavailable(),
            self._reading.connect() as connection,
            errand.using(raw_of(connection)),
            # Begun at once, so that what bypasses SQLAlchemy and uses the driver sees the same state.
            connection.begin(),
        ):
            return work(connection)

    def _write(self, work: Callable[[Connection], _Result], errand: SqliteErrand) -> _Result:
        with (
            _unavailable(),
            self._writing.connect() as connection,
            errand.using(raw_of(connection)),
        ):
            errand.take_turn(raw_of(connection), self._opens)
            with connection.begin():
                made = work(connection)
                errand.begin_commit()
            return made

    def close(self) -> None:
        """Shut down the threads and connections."""
        for threads in (self._readers, self._writer):
            threads.close()
        for engine in (self._reading, self._writing):
            engine.dispose()


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
