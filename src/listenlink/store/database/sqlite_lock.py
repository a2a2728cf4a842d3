"""Who is next to write into the embedded database, where only one can: opens go before everybody else.

SQLite's own way to wait for its lock (`busy_timeout`) is to look again after 1, 2, 5, 10, 15, 20, 25 and at
last 100 ms (sqliteDefaultBusyCallback in sqlite3.c), and whoever comes just then is before whoever waits. An
open that met an upload waited so for its next transaction, and the one after that.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PRIMARY_CODE = 0xFF
_LOCKED_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
# How soon it's seen that another process has let go. Within this one, nobody takes the lock meanwhile.
_LOOK_AGAIN_SECONDS = 0.001


def is_locked(error: sqlite3.Error) -> bool:
    """Whether it's said that somebody else writes."""
    return error.sqlite_errorcode & _PRIMARY_CODE in _LOCKED_CODES


class OpensFirst:
    """Opens that wait for the lock, and those in this process who let them go first."""

    def __init__(self) -> None:
        self._nobody_waits = threading.Event()
        self._nobody_waits.set()

    def begin(self, connection: sqlite3.Connection, within_seconds: float) -> None:
        """Begin a transaction that writes, before all others. Raises sqlite3.OperationalError once the time
        is up, and for anything but the lock."""
        until = time.monotonic() + within_seconds
        with self._waiting():
            while True:
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    return
                except sqlite3.OperationalError as error:
                    if not is_locked(error) or time.monotonic() >= until:
                        raise
                time.sleep(_LOOK_AGAIN_SECONDS)

    def let_by(self, within_seconds: float) -> None:
        """Return once no open waits, or the time is up."""
        self._nobody_waits.wait(within_seconds)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        self._nobody_waits.clear()
        try:
            yield
        finally:
            self._nobody_waits.set()


@functools.cache
def opens_first(path: Path) -> OpensFirst:
    """The one of this file, for all who write into it in this process."""
    return OpensFirst()
