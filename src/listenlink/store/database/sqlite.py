"""How every connection to the embedded database is opened, and the migrations that make its tables."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Engine, QueuePool, create_engine, event

from listenlink.store.database.columns import SCHEMA_VERSION
from listenlink.store.database.migrate import migrate

FILE_NAME = "listenlink.db"
_WAL_AUTOCHECKPOINT_PAGES = 20_000
# Allocated as needed: with many links the token index no longer fits into the usual 2 MiB. Under load the
# audit's pages fill the rest, of no use to anybody, however much it is.
_CACHE_KIB = 32 * 1024


def connect(path: Path, *, busy_timeout_ms: int, read_only: bool = False) -> sqlite3.Connection:
    """Open a plain connection: WAL, every commit synced to disk, transactions begun explicitly.

    Raises sqlite3.OperationalError if the file doesn't exist; it's never created here.
    """
    mode = "ro" if read_only else "rw"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms:d}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if not read_only:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_AUTOCHECKPOINT_PAGES}")
    return connection


def make_engine(path: Path, *, busy_timeout_ms: int = 5000, query_only: bool = False) -> Engine:
    """Make a SQLAlchemy `Engine` for the same file, whose writers take the write lock at once, unless they
    have it already. With `query_only` nothing can be written through it."""

    def open_one() -> sqlite3.Connection:
        connection = connect(path, busy_timeout_ms=busy_timeout_ms)
        connection.execute(f"PRAGMA query_only = {query_only:d}")
        # What is deleted or overwritten is gone from the file too, whatever the library was built with.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    # Unless told which pool to use, SQLAlchemy takes the one for in-memory databases, which closes the
    # connections of other threads while they're in use.
    engine = create_engine(
        "sqlite://",
        creator=open_one,
        poolclass=QueuePool,
    )

    @event.listens_for(engine, "begin")
    def _begin(connection):  # type: ignore[no-untyped-def]
        writes = connection.get_execution_options().get("writes", False)
        if not connection.connection.dbapi_connection.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def create_database(path: Path) -> None:
    """Create a new file and its tables, by the migrations. Raises FileExistsError if the file exists."""
    with path.open("xb"):
        path.chmod(0o600)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    upgrade(path)


def schema_version(path: Path) -> str | None:
    """Return the migration the file is at, or None if it has never been migrated."""
    connection = connect(path, busy_timeout_ms=5000)
    try:
        there = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        if connection.execute(there).fetchone() is None:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    finally:
        connection.close()
    return None if row is None else str(row[0])


def check_writing(path: Path) -> None:
    """Return if a writer's turn can be had; raises sqlite3.Error. A file that may only be read is opened
    without complaint, and refuses its first write."""
    connection = connect(path, busy_timeout_ms=5000)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def upgrade(path: Path) -> None:
    """Bring the tables up to the newest migration; does nothing if they already are."""
    if schema_version(path) == SCHEMA_VERSION:
        return
    engine = make_engine(path)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            migrate(connection)
    finally:
        engine.dispose()
