"""The audit on PostgreSQL is one table per day, created ahead of time and dropped whole when it's too old.

Days are UTC, by the line's `at`. A line for a day without a table, because a clock is wrong, goes to
the rest's table, so nothing is ever refused because of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US
from listenlink.store.database.database import is_postgres

_DAYS_BEHIND, _DAYS_AHEAD = 1, 7
_TABLES = ("audit", "audit_by_share")
# Both tables are locked briefly; if this waited long for its lock, opens would have to wait behind it.
_LOCK_WAIT_MS = 500
_DROPPED_DAYS = 31

_LIST = text("""
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:parent)
""")
_LINES = text("""
SELECT sum(greatest(reltuples, 1))::bigint FROM pg_class
WHERE relname = ANY(:names) AND relnamespace = current_schema()::regnamespace
""")


def make_days(connection: Connection, now_us: int) -> None:
    """Create the tables for the days around now, unless they exist. Does nothing on the embedded database.

    Runs in a writing transaction, like everything here that writes; so two nodes take turns.
    """
    if not is_postgres(connection):
        return
    today = now_us // DAY_US
    make(connection, range(today - _DAYS_BEHIND, today + _DAYS_AHEAD + 1))


def make(connection: Connection, days: Iterable[int]) -> None:
    """Create the tables for these days, counted since the epoch, unless they exist."""
    for parent in _TABLES:
        for day in sorted(set(days) - set(list_days(connection, parent))):
            _make(connection, parent, day)


def _make(connection: Connection, parent: str, day: int) -> None:
    first, behind = day * DAY_US, (day + 1) * DAY_US
    rest = text(f"SELECT 1 FROM {parent}_rest WHERE at >= :first AND at < :behind LIMIT 1")  # noqa: S608
    if connection.execute(rest, {"first": first, "behind": behind}).first() is not None:
        # Lines of that day are in the rest's table already: they stay there until they're too old.
        return
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}"))
    connection.execute(
        text(
            f"CREATE TABLE {parent}_{day} PARTITION OF {parent} "
            f"FOR VALUES FROM ({first}) TO ({behind})"
        )
    )


def list_days(connection: Connection, parent: str = "audit") -> list[int]:
    """List the days, counted since the epoch, that have a table, oldest first."""
    names = connection.execute(_LIST, {"parent": parent}).scalars()
    days = (re.fullmatch(rf"{parent}_(\d+)", name) for name in names)
    return sorted(int(match.group(1)) for match in days if match)


def drop_days(connection: Connection, before_us: int) -> int:
    """Drop the tables of the oldest days that are wholly before `before_us`, at most a month's; return
    about how many lines these were, at least 1. Call until it returns 0.

    All in one statement: the slow part, removing the files, comes after the locks are released.
    """
    old = [day for day in list_days(connection) if (day + 1) * DAY_US <= before_us][:_DROPPED_DAYS]
    if not old:
        return 0
    lines = connection.execute(_LINES, {"names": [f"audit_{day}" for day in old]}).scalar_one()
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}"))
    tables = ", ".join(f"{parent}_{day}" for day in old for parent in _TABLES)
    connection.execute(text(f"DROP TABLE IF EXISTS {tables}"))
    return int(lines)


def empty_rest(connection: Connection, before_us: int) -> int:
    """Delete lines that are too old and whose day has no table; return how many."""
    gone = 0
    for parent in reversed(_TABLES):
        gone = connection.execute(
            text(f"DELETE FROM {parent}_rest WHERE at < :before"),  # noqa: S608
            {"before": before_us},
        ).rowcount
    return gone
