"""Ordinary queries: functions of a SQLAlchemy connection, one transaction each, on either database.

Everything but the open itself and playback's point reads goes this way, so each query is written
once, in Core or in SQL that both databases understand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from listenlink.errors import Problem, ProblemKind
from listenlink.model.ids import new_number

_Result = TypeVar("_Result")
_ID_TRIES = 8
# A separate row, so that something is written whether or not it was there, and nobody waits for it.
_WRITE_SOMETHING = text("""
INSERT INTO audit_progress (name, audit_id) VALUES ('can_write', 0)
ON CONFLICT (name) DO UPDATE SET audit_id = 0
""")
_DISK_FULL = "53100"
# Including the answer, within the two seconds after which a caller gets "busy".
BUSY_AFTER_SECONDS = 1.7


class Database(Protocol):
    """One database, the embedded one or PostgreSQL. Writers take turns, across all nodes.

    Every method raises Problem(UNAVAILABLE) if the database is locked, full, gone, or takes longer than
    `within_seconds`, counted from the call. Then nothing was written, and nothing will be, unless the
    problem says that the outcome is unknown (`unknown_outcome`).
    """

    async def read(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` on one consistent snapshot."""

    async def write(
        self,
        work: Callable[[Connection], _Result],
        *,
        within_seconds: float = BUSY_AFTER_SECONDS,
    ) -> _Result:
        """Run `work` as one transaction, committed when it returns and rolled back when it raises."""

    def read_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`read`, while the calling thread waits: for as long as it takes, if None."""

    def write_now(
        self, work: Callable[[Connection], _Result], *, within_seconds: float | None = None
    ) -> _Result:
        """`write`, while the calling thread waits: for as long as it takes, if None, but not longer than a
        few seconds for a lock that somebody else holds."""

    def publishing(self) -> AbstractContextManager[None]:
        """While the block lasts, no other node gives stored audio to a track or removes any. Waits for that
        in the calling thread, for half a minute at most."""

    async def ping(self) -> None:
        """Return if the database answers."""

    async def checkpoint(self) -> None:
        """Do the maintenance that the database needs now and then, without holding anybody up."""

    def purge_now(self) -> bool:
        """Let nothing of what was deleted or overwritten stay in the instance's own files; False if that
        can't be done now, because somebody reads. PostgreSQL does so by itself, in time."""

    def close(self) -> None:
        """Shut down the threads and connections."""


def raw_of(connection: Connection) -> sqlite3.Connection:
    """Return the embedded database's own connection, for plain SQL."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 (called for no other)
    return raw


def is_postgres(connection: Connection) -> bool:
    """Whether the connection is to PostgreSQL."""
    return connection.dialect.name == "postgresql"


def is_full(error: BaseException | None) -> bool:
    """Whether the database failed because the disk has no room for it."""
    raw = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(raw, sqlite3.Error):
        return raw.sqlite_errorcode == sqlite3.SQLITE_FULL
    return getattr(raw, "sqlstate", None) == _DISK_FULL


async def check_writing(database: Database) -> None:
    """Return once something has been stored. Raises Problem: STORAGE_FULL if the disk is full, else
    UNAVAILABLE."""
    try:
        await database.write(lambda connection: connection.execute(_WRITE_SOMETHING))
    except Problem as problem:
        if is_full(problem.__cause__):
            raise Problem(ProblemKind.STORAGE_FULL) from problem
        raise


def insert_with_new_id(connection: Connection, insert: Callable[[int], object]) -> int:
    """Insert a row under a fresh random number, trying another if it's taken.

    Ids have 48 bits, so a collision is rare but not impossible (docs/api.md, Ids). `insert` may
    raise IntegrityError for another reason; the last one is passed on.
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
