"""Copying the embedded database while others write, and the checks on a copy before it's trusted."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from listenlink.store.database.sqlite import connect

_OBJECTS = """
SELECT digest FROM audio_objects WHERE discarded_at IS NULL
UNION SELECT cover_digest FROM audio_objects WHERE discarded_at IS NULL
UNION SELECT cover_small_digest FROM audio_objects WHERE discarded_at IS NULL
UNION SELECT rendition_digest FROM audio_objects WHERE discarded_at IS NULL
"""
_GIVEN = """
SELECT cover_digest FROM given_covers UNION SELECT cover_small_digest FROM given_covers
"""
_HAS_GIVEN = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'given_covers'"
_BUSY_MS = 5000


def copy_database(source: Path, target: Path) -> None:
    """Write the state as of one moment to a new file, and return once it's on disk.

    In one step: SQLite starts over whenever somebody writes between two steps. Writers aren't held up; only
    the write-ahead log grows meanwhile. Raises sqlite3.OperationalError, for example on a full disk.
    """
    descriptor = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    os.close(descriptor)
    with (
        contextlib.closing(connect(source, busy_timeout_ms=_BUSY_MS, read_only=True)) as reading,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as writing,
    ):
        reading.backup(writing)
    # The database is complete without these two, which were emptied when it was last closed.
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    descriptor = os.open(target, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def find_damage(path: Path) -> str | None:
    """Return the first fault that SQLite finds in the file; None if it's whole."""
    try:
        with contextlib.closing(open_copy(path)) as connection:
            ((said,),) = connection.execute("PRAGMA integrity_check(1)")
            dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    if said != "ok":
        return str(said)
    return None if dangling is None else f"a row of {dangling[0]} points nowhere"


def count_rows(path: Path) -> dict[str, int]:
    """Count the rows of each table that there is, whatever this release knows of it."""
    with contextlib.closing(open_copy(path)) as connection:
        there = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
        ).fetchall()
        return {
            name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608
            for (name,) in there
        }


def list_objects(path: Path) -> set[bytes]:
    """Return the digests of all stored objects that are needed, also of an earlier release's database."""
    with contextlib.closing(open_copy(path)) as connection:
        rows = connection.execute(_OBJECTS).fetchall()
        if connection.execute(_HAS_GIVEN).fetchone() is not None:
            rows += connection.execute(_GIVEN).fetchall()
    return {digest for (digest,) in rows if digest is not None}


def open_copy(path: Path) -> sqlite3.Connection:
    """Open a copy that nobody else has open; no files are written beside it."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
