"""Sorting the audit's lines by their links, a block at a time, in a thread beside the opens.

What is sorted is only prepared here, and nothing is written. Whoever opens writes it, a part at a time, and
only what goes on exactly where the database is (`store/audit/progress.py`): what was prepared from another
place, because somebody else has added up meanwhile, is thrown away.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import NamedTuple

import structlog

from listenlink.store.audit.progress import Block
from listenlink.store.database.sqlite import connect
from listenlink.threads import HOUSE, NoThread

# Some megabytes of memory while it's in use; and so many that neighbours' lines come together even where
# there are many links.
BLOCK_LINES = 100_000
# Prepared at once: those who open never wait for the thread.
_PARTS_AT_ONCE, _FEW_PARTS = 16, 8
_CACHE_KIB = 2 * 1024
# After a failure.
_PAUSE_SECONDS = 1.0

# In memory: a folder for temporary files needn't be there.
_IN_MEMORY = f"PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{_CACHE_KIB}"
# No further than there are lines now: what is written later mustn't count as done.
_FIND_END = "SELECT max(:mark, min(coalesce(max(id), 0), :mark + :most)) FROM audit"
_SORT = """
CREATE TEMP TABLE sorted AS SELECT share_id, id, at, outcome, agent FROM audit
WHERE id > :mark AND id <= :end AND share_id IS NOT NULL AND (share_id, id) > (:link, :line)
ORDER BY share_id, id
"""
_PART = """
SELECT json_group_array(json_array(share_id, id, at, outcome, agent)), count(*), max(rowid)
FROM (SELECT rowid, * FROM sorted WHERE rowid > ? ORDER BY rowid LIMIT ?)
"""
_LAST = "SELECT share_id, id FROM sorted WHERE rowid = ?"
_COUNT = "SELECT count(*) FROM sorted"
_FIND_ROW = "SELECT count(*) FROM sorted WHERE (share_id, id) <= (:link, :line)"


class Part(NamedTuple):
    """So many lines that come next in a block, as a JSON list of lists: share_id, id, at, outcome, agent.
    `before` and `after`: where adding up is without them and with them."""

    before: Block
    after: Block
    lines: str
    many: int


class LineSorter:
    """Prepares parts of the block that is being added up, and then of the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: deque[Part] = deque()
        self._preparing: Future[list[Part]] | None = None
        self._not_before = 0.0
        # The thread's own: what is sorted, behind which mark and up to which line; up to which row parts are
        # prepared, and where that is.
        self._sorted: sqlite3.Connection | None = None
        self._of = (0, 0)
        self._row = self._rows = 0
        self._at: Block | None = None

    def take(self, block: Block, lines: int) -> Part | None:
        """Return what comes next behind this place, about so many lines; None if it isn't prepared yet."""
        self._collect()
        while self._parts and self._parts[0].before != block:
            self._parts.popleft()
        part = self._parts.popleft() if self._parts else None
        if self._preparing is None and len(self._parts) <= _FEW_PARTS:
            newest = self._parts[-1] if self._parts else part
            self._begin(newest.after if newest else block, lines)
        return part

    def wait(self) -> None:
        """Return once nothing is being prepared."""
        if self._preparing is not None:
            self._preparing.exception()

    def close(self) -> None:
        """Forget all that is prepared."""
        self.wait()
        self._parts.clear()
        self._forget()

    def _begin(self, at: Block, lines: int) -> None:
        if time.monotonic() < self._not_before:
            return
        try:
            self._preparing = HOUSE.submit(lambda: self._prepare(at, lines))
        except NoThread as error:
            self._put_off(error)

    def _collect(self) -> None:
        if self._preparing is None or not self._preparing.done():
            return
        done, self._preparing = self._preparing, None
        if (error := done.exception()) is None:
            self._parts += done.result()
        else:
            self._put_off(error)

    def _put_off(self, error: BaseException) -> None:
        # The lines wait, and are asked for again.
        self._not_before = time.monotonic() + _PAUSE_SECONDS
        structlog.get_logger().warning("lines_not_sorted", error=type(error).__name__)

    def _prepare(self, at: Block, lines: int) -> list[Part]:
        """Prepare some parts of what comes behind this place: of the block there, or of the next one."""
        if self._sorted is None or not at.end or self._of != (at.mark, at.end):
            self._sorted = self._sort(at)
        elif self._at != at:
            self._row = _number(self._sorted, _FIND_ROW, at)
        mark, end = self._of
        parts: list[Part] = []
        while len(parts) < _PARTS_AT_ONCE and at.mark < end:
            told, count, newest = self._sorted.execute(_PART, (self._row, lines)).fetchone()
            self._row = newest or self._rows
            after = Block(end)
            if self._row < self._rows:
                after = Block(mark, end, *self._sorted.execute(_LAST, (self._row,)).fetchone())
            parts.append(Part(at, after, told, count))
            at = after
        self._at = at
        return parts

    def _sort(self, at: Block) -> sqlite3.Connection:
        self._forget()
        connection = connect(self._path, busy_timeout_ms=0, read_only=True)
        try:
            connection.executescript(_IN_MEMORY)
            connection.execute("BEGIN")
            end = at.end or _number(connection, _FIND_END, at)
            connection.execute(_SORT, at._asdict() | {"end": end})
            connection.execute("COMMIT")
            self._row, self._rows = 0, _number(connection, _COUNT, at)
        except BaseException:
            connection.close()
            raise
        self._of = at.mark, end
        return connection

    def _forget(self) -> None:
        if self._sorted is not None:
            self._sorted.close()
        self._sorted, self._at = None, None


def _number(connection: sqlite3.Connection, sql: str, at: Block) -> int:
    return int(connection.execute(sql, at._asdict() | {"most": BLOCK_LINES}).fetchone()[0])
