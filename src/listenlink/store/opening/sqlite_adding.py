"""Adding up the audit's lines within the open's own transaction, on the embedded database.

While it's quiet, housekeeping adds them up (`running/adding_up.py`). Under load it would need the same lock,
again and again, and every open that met it would wait; here the lock is held already. So whoever opens pays
for as many lines as were written, once too many wait (docs/decisions/0087): a block of them in the order of
their links, which a thread has sorted beside it, since by chance each line's link has pages of its own
(docs/decisions/0092).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from listenlink.clock import DAY_US
from listenlink.store.audit import open_counts, open_days
from listenlink.store.audit.progress import (
    DAYS_MARK,
    END,
    LINE,
    LINES,
    LINK,
    MARK,
    READ,
    Progress,
)
from listenlink.store.opening.sqlite_blocks import LineSorter, Part

# Until so many wait they're left to housekeeping: a rush of opens costs nothing besides.
MOST_WAITING = 500_000
# What is done at once: less than a millisecond, for which everybody waits. Fewer would cost more for each.
LINES_PER_STEP = 250

_FIELDS = ", ".join(
    f"json_extract(value, '$[{place}]') AS {name}"
    for place, name in enumerate(("share_id", "id", "at", "outcome", "agent"))
)
_LINES = f"(SELECT {_FIELDS} FROM json_each(:lines))"  # noqa: S608 (made of constants)
_ADD_UP = f"""
UPDATE shares SET opens = shares.opens + added.opens
FROM (SELECT a.share_id, count(*) AS opens FROM {_LINES} a CROSS JOIN shares s ON s.id = a.share_id
      WHERE a.outcome = :opened AND a.id > s.counted_to GROUP BY a.share_id) added
WHERE shares.id = added.share_id AND shares.max_opens IS NULL
"""  # noqa: S608 (made of constants)
_INDEX = (
    f"INSERT INTO audit_by_share (share_id, audit_id, at) SELECT share_id, id, at FROM {_LINES}"  # noqa: S608
)
_SUM_DAYS = f"""
INSERT INTO open_days (share_id, day, {open_days.COUNTS})
SELECT share_id, at / {DAY_US}, {open_days.COUNTED} FROM {_LINES} WHERE outcome = :opened
GROUP BY share_id, at / {DAY_US} {open_days.OR_ADD}
"""  # noqa: S608
_SET = """
INSERT INTO audit_progress (name, audit_id) VALUES {}
ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id
"""
_GO_ON = _SET.format(f"('{END}', :end), ('{LINK}', :link), ('{LINE}', :line), ('{LINES}', :lines)")
_END_BLOCK = _SET.format(f"('{MARK}', :mark), ('{DAYS_MARK}', :mark)")


class Adding:
    """Adds up what waits, in the transactions of those who open."""

    def __init__(self, path: Path) -> None:
        self.sorter = LineSorter(path)

    def add_up_some(self, connection: sqlite3.Connection, written: int) -> None:
        """Add up some lines if more than enough wait: at least as many as were just `written`, so that it
        keeps pace, and twice as many at most. None while a block is being sorted."""
        progress = Progress(*connection.execute(READ).fetchone())
        over = progress.waiting - MOST_WAITING
        if over < LINES_PER_STEP:
            return
        if progress.days_mark < progress.mark:
            # An older release moved the other mark alone.
            _catch_up(connection, progress, 2 * max(LINES_PER_STEP, written))
            return
        block, lines = progress.block, progress.lines
        left = min(over, max(LINES_PER_STEP, 2 * written))
        while (
            left >= LINES_PER_STEP and (part := self.sorter.take(block, LINES_PER_STEP)) is not None
        ):
            lines = part.many + (lines if block.end else 0)
            _add(connection, part, lines)
            block, left = part.after, left - part.many

    def close(self) -> None:
        """Let go of what is sorted."""
        self.sorter.close()


def _add(connection: sqlite3.Connection, part: Part, lines: int) -> None:
    counted = {"lines": part.lines, "opened": open_counts.OPENED}
    for sql in (_ADD_UP, _INDEX, _SUM_DAYS):
        connection.execute(sql, counted)
    connection.execute(_GO_ON, part.after._asdict() | {"lines": lines if part.after.end else 0})
    if not part.after.end:
        connection.execute(_END_BLOCK, part.after._asdict())


def _catch_up(connection: sqlite3.Connection, progress: Progress, most: int) -> None:
    newest = min(progress.mark, progress.days_mark + most)
    asked = {"mark": progress.days_mark, "newest": newest, "opened": open_counts.OPENED}
    connection.execute(open_days.ADD_UP, asked)
    connection.execute(open_counts.SET_MARK, {"name": DAYS_MARK, "newest": newest})
