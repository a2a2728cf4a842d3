"""Copying every row of an embedded database into PostgreSQL in one transaction, and comparing the two.

Rows go by COPY, some thousands at a time. A table's digest is the sum of its rows' digests, so it
doesn't depend on the order in which a database returns them.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Connection, Table, select

from listenlink.clock import DAY_US
from listenlink.store import tables as tables
from listenlink.store.audit import day_tables

# Both modules are needed: a table whose module isn't imported isn't declared.
from listenlink.store.audit import tables as audit_tables
from listenlink.store.audit.numbers import LAST_CLIENT, LAST_LINE
from listenlink.store.database.columns import metadata
from listenlink.store.database.postgres import Raw
from listenlink.store.database.postgres_driver import connect
from listenlink.store.database.sqlite import connect as connect_sqlite

_ROWS_PER_STEP = 10_000
_DIGESTS = 1 << 256
# Filled by the migrations, not by anybody's use.
_MADE_WITH_TABLES = (audit_tables.audit_progress, tables.instance)
# The sequences that go on from there, each with the name of its newest number in `audit_progress`.
_NUMBERED = {
    "audit": ("audit_id_seq", LAST_LINE),
    "clients": ("clients_id_seq", LAST_CLIENT),
}


class Sum(NamedTuple):
    """A table's rows: how many, and the sum of their digests as 64 hex digits."""

    rows: int
    digest: str


class NotTheSame(Exception):
    """A table in the target differs from the source; the message is its name."""


def find_filled(connection: Connection) -> str | None:
    """Return the name of a table in the target that isn't empty, or None."""
    for table in metadata.sorted_tables:
        if table not in _MADE_WITH_TABLES and connection.execute(select(table).limit(1)).first():
            return table.name
    return None


def find_days(path: Path) -> list[int]:
    """Return the days, counted since the epoch, for which the source's audit has lines."""
    connection = connect_sqlite(path, busy_timeout_ms=5000, read_only=True)
    try:
        rows = connection.execute(f"SELECT DISTINCT at / {DAY_US} FROM audit").fetchall()  # noqa: S608
        return [row[0] for row in rows]
    finally:
        connection.close()


def make_days(connection: Connection, days: Sequence[int]) -> None:
    """Create the target's tables for these days."""
    day_tables.make(connection, days)


async def take_over(path: Path, url: str) -> dict[str, Sum]:
    """Return every table's sum, once all are the same in both databases and committed.

    Raises NotTheSame, and whatever the databases raise; the target is then as it was.
    """
    source = connect_sqlite(path, busy_timeout_ms=5000, read_only=True)
    source.execute("BEGIN")
    target = await connect(url)
    try:
        async with target.transaction():
            await target.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            for made in _MADE_WITH_TABLES:
                await target.execute(f"DELETE FROM {made.name}")  # noqa: S608
            sums = {}
            for table in metadata.sorted_tables:
                sums[table.name] = await _copy(source, target, table)
            for name, (sequence, noted) in _NUMBERED.items():
                given = (
                    f"SELECT max(id) FROM {name} UNION ALL "  # noqa: S608
                    f"SELECT audit_id FROM audit_progress WHERE name = '{noted}'"
                )
                newest = f"SELECT coalesce(max(max), 0) + 1 FROM ({given}) given"  # noqa: S608
                await target.execute(f"SELECT setval('{sequence}', ({newest}), false)")
            for table in metadata.sorted_tables:
                if await _sum_up(target, table) != sums[table.name]:
                    raise NotTheSame(table.name)
        # Without statistics the first queries would be planned as if the tables were empty.
        await target.execute("ANALYZE")
        return sums
    finally:
        await target.close()
        source.close()


async def _copy(source: sqlite3.Connection, target: Raw, table: Table) -> Sum:
    names = [column.name for column in table.columns]
    count, total = 0, 0
    for rows in _read(source, table, names):
        await target.copy_records_to_table(table.name, records=rows, columns=names)
        count += len(rows)
        total += sum(map(_digest, rows))
    return _told(count, total)


def _read(
    source: sqlite3.Connection, table: Table, names: list[str]
) -> Iterator[list[tuple[Any, ...]]]:
    are_boolean = [isinstance(column.type, Boolean) for column in table.columns]
    cursor = source.execute(f"SELECT {', '.join(names)} FROM {table.name}")  # noqa: S608
    while rows := cursor.fetchmany(_ROWS_PER_STEP):
        if any(are_boolean):
            rows = [
                tuple(
                    bool(value) if is_boolean and value is not None else value
                    for value, is_boolean in zip(row, are_boolean, strict=True)
                )
                for row in rows
            ]
        yield rows


async def _sum_up(target: Raw, table: Table) -> Sum:
    names = ", ".join(column.name for column in table.columns)
    count, total = 0, 0
    async for row in target.cursor(
        f"SELECT {names} FROM {table.name}",  # noqa: S608
        prefetch=_ROWS_PER_STEP,
    ):
        count += 1
        total += _digest(tuple(row))
    return _told(count, total)


def _digest(row: tuple[Any, ...]) -> int:
    return int.from_bytes(hashlib.sha256(repr(row).encode()).digest(), "big")


def _told(count: int, total: int) -> Sum:
    return Sum(count, f"{total % _DIGESTS:064x}")
