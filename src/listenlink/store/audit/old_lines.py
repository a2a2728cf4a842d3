"""Deleting what is too old to be retained: the audit's lines, its counted 429s and its clients.

In the order of their numbers, lines needn't be in that of their times: a clock may have been wrong. So it's
looked up first, without a lock, between which numbers there are lines to delete; then these are
deleted, some thousands of numbers at a time, because each step holds the write lock that opens need.
On PostgreSQL that is done with the rest's table only; the others are dropped whole (`day_tables.py`).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US
from listenlink.store.audit.numbers import LINE_GOES, TooOld
from listenlink.store.database.database import is_postgres

_LINES_PER_STEP = 2000
_CLIENTS_PER_STEP = 5000
# A client may have many rows of these, one for each minute and reason.
_LIMITED_CLIENTS_PER_STEP = 250

_FIND_BLOCKS = f"""
SELECT a.id / {_LINES_PER_STEP}, count(*) FILTER (WHERE {LINE_GOES}),
    count(*) FILTER (WHERE a.at >= :ahead)
FROM {{table}} a WHERE a.at < :before OR a.at >= :ahead GROUP BY 1 ORDER BY 1
"""  # noqa: S608 (made of constants)
_COUNT_AHEAD = text("SELECT count(*) FROM audit WHERE at >= :ahead")
# What isn't in the sums of its day stays: they are all that is left of it afterwards.
_OF_BLOCK = f"""
FROM {{table}} a WHERE a.id >= :first AND a.id < :behind AND {LINE_GOES}
AND (a.share_id IS NULL OR a.id <= (
    SELECT d.summed_to FROM share_days d WHERE d.share_id = a.share_id AND d.day = a.at / {DAY_US}))
"""  # noqa: S608 (made of constants)
_DELETE_INDEX = f"""
DELETE FROM audit_by_share WHERE (share_id, audit_id, at) IN (SELECT a.share_id, a.id, a.at {_OF_BLOCK})
"""  # noqa: S608 (made of constants)
_DELETE_LINES = f"DELETE FROM {{table}} WHERE id IN (SELECT a.id {_OF_BLOCK})"  # noqa: S608

_LIMITED_GOES = "(at < :before OR (at >= :ahead AND client_id <= :client))"
_FIND_LIMITED = text(
    f"SELECT DISTINCT client_id / {_LIMITED_CLIENTS_PER_STEP} FROM limited WHERE {_LIMITED_GOES}"  # noqa: S608
)
_DELETE_LIMITED = text(
    f"DELETE FROM limited WHERE client_id >= :first AND client_id < :behind AND {_LIMITED_GOES}"  # noqa: S608
)
_DELETE_CLIENTS = text(f"""
DELETE FROM clients WHERE id IN (
    SELECT id FROM clients WHERE day < :day OR (day >= :ahead_day AND id <= :client)
    LIMIT {_CLIENTS_PER_STEP})
""")  # noqa: S608


class OldLines(NamedTuple):
    """Which `blocks` of numbers have lines to delete, and how many lines there are from `ahead`, to delete
    or not."""

    blocks: list[int]
    ahead: int


def find_lines(connection: Connection, old: TooOld) -> OldLines:
    """Read all of the audit, but on PostgreSQL only what isn't in a day's table."""
    rows = connection.execute(text(_FIND_BLOCKS.format(table=_table(connection))), old.asked).all()
    ahead = sum(row[2] for row in rows)
    if is_postgres(connection):
        ahead = connection.execute(_COUNT_AHEAD, {"ahead": old.ahead_us}).scalar_one()
    return OldLines([row[0] for row in rows if row[1]], int(ahead))


def delete_lines(connection: Connection, old: TooOld, block: int) -> int:
    """Delete what is too old in a block, as far as it has been summed up; return how many lines that was."""
    table = _table(connection)
    asked = old.asked | {
        "first": block * _LINES_PER_STEP,
        "behind": (block + 1) * _LINES_PER_STEP,
    }
    connection.execute(text(_DELETE_INDEX.format(table=table)), asked)
    return connection.execute(text(_DELETE_LINES.format(table=table)), asked).rowcount


def find_limited(connection: Connection, old: TooOld) -> list[int]:
    """Return the blocks of clients that have counted 429s to delete."""
    return list(connection.execute(_FIND_LIMITED, _asked_of_clients(old)).scalars())


def delete_limited(connection: Connection, old: TooOld, block: int) -> None:
    """Delete the counted 429s that are too old in a block of clients."""
    asked = _asked_of_clients(old) | {
        "first": block * _LIMITED_CLIENTS_PER_STEP,
        "behind": (block + 1) * _LIMITED_CLIENTS_PER_STEP,
    }
    connection.execute(_DELETE_LIMITED, asked)


def delete_clients(connection: Connection, old: TooOld) -> int:
    """Delete some clients of days that are too old; return how many. Call until it returns 0."""
    asked = {
        "day": old.before_us // DAY_US,
        "ahead_day": old.ahead_us // DAY_US,
        "client": old.client,
    }
    return connection.execute(_DELETE_CLIENTS, asked).rowcount


def _table(connection: Connection) -> str:
    return "audit_rest" if is_postgres(connection) else "audit"


def _asked_of_clients(old: TooOld) -> dict[str, int]:
    return {"before": old.before_us, "ahead": old.ahead_us, "client": old.client}
