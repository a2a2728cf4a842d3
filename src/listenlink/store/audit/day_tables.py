"""The audit on PostgreSQL is one table per day, created ahead of time and dropped whole when it's too old.

Days are UTC, by the line's `at`. A line for a day without a table, because a clock is wrong, goes to
the rest's table, so nothing is ever refused because of it; once that day has a table, it moves there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US
from listenlink.store.audit.numbers import TooOld
from listenlink.store.database.database import is_postgres

_DAYS_BEHIND, _DAYS_AHEAD = 1, 7
_TABLES = ("audit", "audit_by_share")
# Both tables are locked briefly; if this waited long for its lock, opens would have to wait behind it.
_LOCK_WAIT_MS = 500
_DROPPED_DAYS = 31
# So many are moved in a moment. A day that has more in the rest's table stays there.
_MOST_MOVED = 50_000

_LIST = text("""
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:parent)
""")
_COUNT_IN_REST = """
SELECT count(*) FROM (SELECT 1 FROM {parent}_rest WHERE at >= :first AND at < :behind LIMIT :most) found
"""
# How many lines a day has, the newest of them, and the newest that isn't in the sums of its day. Asked of the
# parent: another node may drop the day's table at any moment.
_LOOK_AT = """
SELECT count(*), coalesce(max(a.id), 0),
    coalesce(max(a.id) FILTER (WHERE a.share_id IS NOT NULL AND a.id > coalesce(d.summed_to, 0)), 0)
FROM audit a LEFT JOIN share_days d ON d.share_id = a.share_id AND d.day = {day}
WHERE a.at >= {first} AND a.at < {behind}
"""


class OldDay(NamedTuple):
    """A day, counted since the epoch, that has a table to be dropped; how many lines there are in it, and
    the newest of them."""

    day: int
    lines: int
    newest: int


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
    missing = {parent: set(days) - set(list_days(connection, parent)) for parent in _TABLES}
    wanted = set().union(*missing.values())
    # A line and its place in the index are in tables of the same day, or both in the rest's.
    wanted = {day for day in wanted if _most_in_rest(connection, day) <= _MOST_MOVED}
    if not wanted:
        return
    _lock(connection)
    for parent in _TABLES:
        for day in sorted(wanted & missing[parent]):
            _make(connection, parent, day)


def _lock(connection: Connection) -> None:
    """Wait for a moment in which no batch is in progress. None begins until the transaction ends."""
    connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_WAIT_MS}"))
    # Of each only the parent: locking hundreds of tables would use up the space for locks.
    connection.execute(text(f"LOCK TABLE ONLY {', ONLY '.join(_TABLES)} IN ACCESS EXCLUSIVE MODE"))


def _bounds(day: int) -> dict[str, int]:
    return {"first": day * DAY_US, "behind": (day + 1) * DAY_US}


def _most_in_rest(connection: Connection, day: int) -> int:
    asked = _bounds(day) | {"most": _MOST_MOVED + 1}
    counts = [text(_COUNT_IN_REST.format(parent=parent)) for parent in _TABLES]
    return max(int(connection.execute(count, asked).scalar_one()) for count in counts)


def _make(connection: Connection, parent: str, day: int) -> None:
    bounds, name = _bounds(day), f"{parent}_{day}"
    connection.execute(text(f"CREATE TABLE {name} (LIKE {parent}_rest INCLUDING ALL)"))
    which = "WHERE at >= :first AND at < :behind"
    connection.execute(text(f"INSERT INTO {name} SELECT * FROM {parent}_rest {which}"), bounds)  # noqa: S608
    connection.execute(text(f"DELETE FROM {parent}_rest {which}"), bounds)  # noqa: S608
    connection.execute(
        text(
            f"ALTER TABLE {parent} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ({bounds['first']}) TO ({bounds['behind']})"
        )
    )


def list_days(connection: Connection, parent: str = "audit") -> list[int]:
    """List the days, counted since the epoch, that have a table, oldest first."""
    names = connection.execute(_LIST, {"parent": parent}).scalars()
    days = (re.fullmatch(rf"{parent}_(\d+)", name) for name in names)
    return sorted(int(match.group(1)) for match in days if match)


def has_old_days(connection: Connection, old: TooOld) -> bool:
    """Whether a day's table may have to be dropped. On the embedded database there are none."""
    return is_postgres(connection) and bool(_list_old_days(connection, old))


def _list_old_days(connection: Connection, old: TooOld) -> list[int]:
    """List the days that are over for long, or further ahead than tables are made."""
    soon = old.ahead_us // DAY_US + _DAYS_AHEAD
    days = {day for parent in _TABLES for day in list_days(connection, parent)}
    return sorted(day for day in days if (day + 1) * DAY_US <= old.before_us or day > soon)


def find_old_days(connection: Connection, old: TooOld) -> list[OldDay]:
    """Return the days whose tables can be dropped now: every line is too old, counted and summed up. Reads
    all of them, without a lock."""
    if not is_postgres(connection):
        return []
    with_lines = set(list_days(connection))
    found = []
    for day in _list_old_days(connection, old):
        lines, newest, missing = 0, 0, 0
        if day in with_lines:
            look = text(_LOOK_AT.format(day=day, **_bounds(day)))
            lines, newest, missing = connection.execute(look).one()
        is_past = (day + 1) * DAY_US <= old.before_us
        if not missing and newest <= old.mark and (is_past or newest <= old.line):
            found.append(OldDay(day, lines, newest))
    return found[:_DROPPED_DAYS]


def drop_days(connection: Connection, days: Sequence[OldDay]) -> int:
    """Drop the tables of these days, but of none to which a line has come since; return how many lines these
    were.

    All in one statement: the slow part, removing the files, comes after the locks are released.
    """
    if not days:
        return 0
    _lock(connection)
    there = {parent: set(list_days(connection, parent)) for parent in _TABLES}
    gone = [
        old
        for old in days
        if old.day not in there["audit"] or _newest(connection, old) == old.newest
    ]
    names = [
        f"{parent}_{old.day}" for old in gone for parent in _TABLES if old.day in there[parent]
    ]
    if names:
        connection.execute(text(f"DROP TABLE {', '.join(names)}"))
    return sum(old.lines for old in gone)


def _newest(connection: Connection, old: OldDay) -> int:
    newest = text(f"SELECT coalesce(max(id), 0) FROM audit_{old.day}")  # noqa: S608
    return int(connection.execute(newest).scalar_one())
