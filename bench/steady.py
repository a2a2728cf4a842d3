"""The steady state: as many audit lines wait as may, so a server adds up while it's opened, as it does for
good under a load that lasts.

A server that was quiet has nothing to add up, and one that has just been loaded puts it off until
`MOST_WAITING` lines wait, so for its first half minute an open looks cheaper than it is. Here so many lines
are put in while the server is under load, and afterwards taken from it again: else it would go on adding
up while others are measured.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from listenlink.store.opening.sqlite_adding import MOST_WAITING

# What is added up while the rest is filled in.
_SPARE = 20_000
_LINES_PER_STEP = 50_000
_PAUSE_SECONDS = 0.05
# So many a second are no quiet to adding up.
_TRICKLED_LINES, _TRICKLES_A_SECOND = 400, 5
# Until a load has begun.
_BEGINNING_SECONDS = 0.5
# Adding up looks each second, and ends what it began.
_ROUND_SECONDS = 1.5
COUNT = """
SELECT (SELECT coalesce(max(id), 0) FROM audit),
    (SELECT coalesce(sum(audit_id), 0) FROM audit_progress WHERE name IN ('added_up', 'block_lines'))
"""
# A block that is being added up ends by that.
_TAKE_AWAY = """
UPDATE audit_progress SET audit_id = CASE name WHEN 'block_lines' THEN 0 ELSE (SELECT max(id) FROM audit) END
WHERE name IN ('added_up', 'days_added_up', 'block_lines')
"""
_TAKE_SOME_AWAY = """
UPDATE audit_progress SET audit_id = audit_id + {lines} WHERE name IN ('added_up', 'days_added_up')
"""
# The newest opens once more: so they are of the links that are asked for, by those who ask.
_ADD = """
INSERT INTO audit (at, outcome, share_id, trace, client_id, agent)
SELECT {now}, outcome, share_id, trace, client_id, agent FROM (
    SELECT * FROM audit WHERE outcome = 1 AND share_id IS NOT NULL ORDER BY id DESC LIMIT {lines}) newest
"""


class NoOpens(Exception):
    """There is nothing to be made more of: the server was never opened."""


class Waiting(NamedTuple):
    """The newest line of the audit, and the last one that is added up."""

    newest: int
    counted: int

    @property
    def lines(self) -> int:
        """How many wait."""
        return self.newest - self.counted


class Lines(Protocol):
    """The audit of a server, beside the server."""

    def look(self) -> Waiting: ...

    def run(self, sql: str) -> None: ...


def fill_up(lines: Lines) -> None:
    """Have as many lines wait as may, some at a time: opens wait for each step. Raises NoOpens."""
    while (missing := MOST_WAITING - (before := lines.look()).lines) > 0:
        _add(lines, min(missing, _LINES_PER_STEP))
        if lines.look().newest == before.newest:
            raise NoOpens
        time.sleep(_PAUSE_SECONDS)


def _add(lines: Lines, many: int) -> None:
    lines.run(_ADD.format(now=time.time_ns() // 1000, lines=many))


class Steady:
    """Keeps a server in the steady state between `begin` and `end`: some lines come in also while nobody
    loads it, because a server to which nothing comes for a second takes it for quiet, and adds up all that
    waits. As many count as added up, or ever more would wait, and be caught up with while it's measured."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._is_loaded = threading.Event()
        self._over: threading.Event | None = None
        self._trickling: threading.Thread | None = None

    def look(self) -> Waiting:
        """How far it is."""
        return self._lines.look()

    @property
    def is_there(self) -> bool:
        """Whether the server adds up as it does for good."""
        return self._over is not None and self.look().lines >= MOST_WAITING - _SPARE

    def begin(self) -> None:
        """Have as many lines wait as may; the server is being opened already. Raises NoOpens."""
        self.end()
        self._over = threading.Event()
        self._trickling = threading.Thread(target=self._trickle, args=(self._over,), daemon=True)
        self._trickling.start()
        time.sleep(_ROUND_SECONDS)
        fill_up(self._lines)

    @contextlib.contextmanager
    def loaded(self) -> Iterator[None]:
        """While the block lasts, a load is enough, once it has begun."""
        beginning = threading.Timer(_BEGINNING_SECONDS, self._is_loaded.set)
        beginning.start()
        try:
            yield
        finally:
            beginning.cancel()
            self._is_loaded.clear()

    def end(self) -> None:
        """Let those that wait count as added up."""
        if self._over is not None and self._trickling is not None:
            self._over.set()
            self._trickling.join()
            self._over = None
        self._lines.run(_TAKE_AWAY)

    def _trickle(self, over: threading.Event) -> None:
        while not over.wait(1 / _TRICKLES_A_SECOND):
            if not self._is_loaded.is_set():
                _add(self._lines, _TRICKLED_LINES)
                self._lines.run(_TAKE_SOME_AWAY.format(lines=_TRICKLED_LINES))


class SqliteLines:
    """The audit in a folder of the embedded database."""

    def __init__(self, data: Path) -> None:
        self._path = data / "listenlink.db"

    def look(self) -> Waiting:
        """How far it is."""
        return Waiting(*self._execute(COUNT)[0])

    def run(self, sql: str) -> None:
        """Run one statement that writes."""
        self._execute(sql)

    def _execute(self, sql: str) -> list[tuple[int, ...]]:
        database = sqlite3.connect(self._path, timeout=30)
        try:
            with database:
                return database.execute(sql).fetchall()
        finally:
            database.close()
