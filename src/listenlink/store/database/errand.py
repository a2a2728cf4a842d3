"""Work on the embedded database that somebody waits for only so long: whose turn it is, and when it's over.

Somebody who was told "busy" may try again, so what they asked for must not happen after all. So the one who
waits and the thread that works agree on which comes first: giving up, or the commit.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from listenlink.errors import Problem, ProblemKind

_PRIMARY_CODE = 0xFF
_LOCKED_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Errand:
    """One piece of work, of which the time in a queue is part. `wait_seconds` is how long it waits for the
    lock that somebody else holds, from now on; `math.inf` means as long as it takes."""

    def __init__(self, wait_seconds: float = math.inf) -> None:
        self._until = time.monotonic() + wait_seconds
        self._deciding = threading.Lock()
        self._is_given_up = self._is_committing = False
        self._raw: sqlite3.Connection | None = None

    def give_up(self) -> bool:
        """Nobody waits any more: stop it. False if it's being committed, which can't be stopped."""
        with self._deciding:
            if self._is_committing:
                return False
            self._is_given_up = True
            if self._raw is not None:
                self._raw.interrupt()
            return True

    @contextmanager
    def using(self, raw: sqlite3.Connection) -> Iterator[None]:
        """Let `give_up` interrupt what this connection does within the block. Raises Problem(UNAVAILABLE)
        if that was called before."""
        with self._deciding:
            self._require_wanted()
            self._raw = raw
        try:
            yield
        finally:
            with self._deciding:
                self._raw = None

    def take_turn(self, raw: sqlite3.Connection) -> None:
        """Begin a transaction that writes, once nobody else does: a step of the connection's `busy_timeout`
        at a time, until the time is up. Raises sqlite3.OperationalError then, and for anything else."""
        while True:
            try:
                raw.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                is_locked = error.sqlite_errorcode & _PRIMARY_CODE in _LOCKED_CODES
                if not is_locked or self._is_given_up or time.monotonic() >= self._until:
                    raise

    def begin_commit(self) -> None:
        """From now on it can't be given up. Raises Problem(UNAVAILABLE) if it was."""
        with self._deciding:
            self._require_wanted()
            self._is_committing = True
            self._raw = None

    def _require_wanted(self) -> None:
        if self._is_given_up:
            raise Problem(ProblemKind.UNAVAILABLE)
