"""Adding up the audit's lines within the open's own transaction, on the embedded database.

While it's quiet, housekeeping adds them up (`running/adding_up.py`). Under load it would need the same lock,
again and again, and every open that met it would wait; here the lock is held already. So whoever opens pays
for as many lines as were written, once too many wait (docs/decisions/0087).
"""

from __future__ import annotations

import sqlite3

from listenlink.store.audit import open_counts, open_days

# Until so many wait they're left to housekeeping: a rush of opens costs nothing besides.
MOST_WAITING = 500_000
# What is done at once: about a millisecond, for which everybody waits. Fewer would cost more for each.
LINES_PER_STEP = 250

_MARKS = f"SELECT ({open_counts.MARKED}), ({open_counts.MARKED.replace(':name', ':days')})"


def add_up_some(connection: sqlite3.Connection, newest: int, written: int) -> None:
    """Add up some lines if more than enough wait; `newest` is the number of the last of those just `written`.
    At least as many as were written, so that it keeps pace, and twice as many at most."""
    names = {"name": open_counts.MARK, "days": open_days.MARK}
    mark, days_mark = connection.execute(_MARKS, names).fetchone()
    over = newest - mark - MOST_WAITING
    if over < LINES_PER_STEP:
        return
    step = min(over, max(LINES_PER_STEP, 2 * written))
    counted = {"mark": mark, "newest": mark + step, "opened": open_counts.OPENED}
    connection.execute(open_counts.ADD_UP, counted)
    connection.execute(open_counts.INDEX, counted)
    connection.execute(open_counts.SET_MARK, {"name": open_counts.MARK, "newest": mark + step})
    # Another mark: an older release moved the first alone.
    summed = {"mark": days_mark, "newest": min(mark + step, days_mark + 2 * step)}
    connection.execute(open_days.ADD_UP, summed | {"opened": open_counts.OPENED})
    connection.execute(open_counts.SET_MARK, {"name": open_days.MARK, "newest": summed["newest"]})
