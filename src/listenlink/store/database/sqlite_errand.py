"""Work on the embedded database: how it waits for its turn to write, and how it's interrupted."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from listenlink.store.database.errand import Errand
from listenlink.store.database.sqlite_lock import OpensFirst, is_locked

# A step of waiting for the lock, after each of which it's asked whether anybody still wants that.
STEP_MS = 100


class SqliteErrand(Errand):
    """One piece of work. `wait_seconds`, from now on, is how long it waits for the lock that somebody else
    holds; time in a queue is part of it."""

    def __init__(self, wait_seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + wait_seconds
        self._raw: sqlite3.Connection | None = None

    @contextmanager
    def using(self, raw: sqlite3.Connection) -> Iterator[None]:
        """Let `give_up` interrupt what this connection does within the block. Raises Problem(UNAVAILABLE)
        if it was given up already."""
        with self._deciding:
            self._require_wanted()
            self._raw = raw
        try:
            yield
        finally:
            with self._deciding:
                self._raw = None

    def take_turn(self, raw: sqlite3.Connection, opens: OpensFirst) -> None:
        """Begin a transaction that writes, once nobody else does and no open waits: a step of the
        connection's `busy_timeout` at a time, until the time is up. Raises sqlite3.OperationalError then, and
        for anything else."""
        while True:
            opens.let_by(STEP_MS / 1000)
            try:
                raw.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                has_ended = self._is_given_up or time.monotonic() >= self._until
                if has_ended or not is_locked(error):
                    raise

    def _stop(self) -> None:
        if self._raw is not None:
            self._raw.interrupt()
