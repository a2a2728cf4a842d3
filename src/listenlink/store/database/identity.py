"""Which instance an embedded database is, and whether it was moved into another: the row of `instance`."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from listenlink.store.database.backup import open_copy
from listenlink.store.database.sqlite import connect

_BUSY_MS = 5000
_FIRST = "SELECT id, created_at FROM organizations ORDER BY created_at, id LIMIT 1"


class Identity(NamedTuple):
    """The instance's id, None in the tables of a release that had none; and its first organisation, by which
    such a one is known: its number, and when it was made. Both None if the file can't be read."""

    id: str | None
    first: tuple[int, int] | None

    def is_same(self, other: Identity) -> bool | None:
        """Whether both are one instance; None if that can't be known."""
        if self.id is not None and other.id is not None:
            return self.id == other.id
        if self.first is not None and other.first is not None:
            return self.first == other.first
        return None


def find_identity(path: Path, *, is_copy: bool = False) -> Identity:
    """Return which instance the database in this file is. Beside a copy, which nobody uses, nothing is
    written."""
    found = _ask(path, "SELECT id FROM instance", is_copy)
    first = _ask(path, _FIRST, is_copy)
    return Identity(None if found is None else found[0], None if first is None else tuple(first))


def find_moved(path: Path) -> str | None:
    """Return where the instance was moved to; None if it wasn't, or if the file can't be read."""
    found = _ask(path, "SELECT moved_to FROM instance")
    return None if found is None else found[0]


@contextlib.contextmanager
def marking_as_moved(path: Path, where: str | None) -> Iterator[None]:
    """Let nobody else write to the database during the block; if that ends well, mark it as moved to `where`,
    or, with None, as not moved. Raises sqlite3.Error."""
    with contextlib.closing(connect(path, busy_timeout_ms=_BUSY_MS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute("UPDATE instance SET moved_to = ?", (where,))
            yield
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _ask(path: Path, sql: str, is_copy: bool = False) -> Any:
    try:
        with contextlib.closing(_open(path, is_copy)) as connection:
            return connection.execute(sql).fetchone()
    except sqlite3.Error:
        return None


def _open(path: Path, is_copy: bool) -> sqlite3.Connection:
    return open_copy(path) if is_copy else connect(path, busy_timeout_ms=_BUSY_MS)
