"""The audit's tables by day on PostgreSQL: made, filled from the rest's, dropped only when they may be."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from engines import POSTGRESQL, new_backend
from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.clock import DAY_US
from listenlink.store import told_opens
from listenlink.store.audit import day_tables, numbers, of_link, open_counts
from listenlink.store.database.database import Database

TODAY = 20_000
LINK = 7


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_backend(tmp_path, POSTGRESQL).open()
    yield made
    made.close()


def write(database: Database, *days: int, link: int | None = LINK) -> None:
    """A line of each of these days, counted from today, as an open writes it; without a link, as the refusal
    of a token that never was."""

    def add(connection: Connection) -> None:
        for day in days:
            connection.execute(
                text(
                    "INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "
                    "VALUES (:at, 1, :link, 1, 1, 0)"
                ),
                {"at": (TODAY + day) * DAY_US, "link": link},
            )

    database.write_now(add)


def add_up(database: Database) -> None:
    while database.write_now(lambda c: open_counts.add_up(c, 100)):
        pass
    database.write_now(told_opens.skip_opens)


def make_days(database: Database, *days: int) -> None:
    database.write_now(lambda c: day_tables.make(c, [TODAY + day for day in days]))


def ask(database: Database, sql: str) -> list[Any]:
    return list(database.read_now(lambda c: c.execute(text(sql)).scalars().all()))


def days_of(database: Database, parent: str) -> list[int]:
    """The days that have a table, counted from today."""
    return [day - TODAY for day in database.read_now(lambda c: day_tables.list_days(c, parent))]


def sums(database: Database) -> dict[int, int]:
    """The link's opens by day, counted from today."""
    told = database.read_now(lambda c: of_link.sum_up(c, LINK, 0, 0)).days
    return {day.day - TODAY: day.opens for day in told}


def delete_old(database: Database, today: int, kept_days: int = 1) -> int:
    return asyncio.run(delete_old_lines(database, TODAY + today, kept_days)).lines


def test_a_day_whose_lines_are_in_the_rest_gets_its_table_and_them(database: Database) -> None:
    """Also where only the lines themselves are there, and their places in the index aren't yet."""
    write(database, 3)
    add_up(database)
    write(database, 3, 4, 9)
    make_days(database, 3, 4, 5)
    for parent in ("audit", "audit_by_share"):
        assert days_of(database, parent) == [3, 4, 5]
    assert ask(database, "SELECT id FROM audit_rest") == [4]
    assert ask(database, f"SELECT id FROM audit_{TODAY + 3} ORDER BY id") == [1, 2]  # noqa: S608
    assert ask(database, f"SELECT audit_id FROM audit_by_share_{TODAY + 3}") == [1]  # noqa: S608
    write(database, 3, 4)
    add_up(database)
    assert sums(database) == {3: 3, 4: 2, 9: 1}
    assert ask(database, "SELECT max(id) FROM audit") == [6]


def test_a_day_with_too_many_lines_in_the_rest_stays_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With both its tables: what is in one alone would never be dropped."""
    monkeypatch.setattr(day_tables, "_MOST_MOVED", 2)
    write(database, 3, 3, 3)
    make_days(database, 3, 4)
    for parent in ("audit", "audit_by_share"):
        assert days_of(database, parent) == [4]
    add_up(database)
    assert delete_old(database, 5) == 3
    for table in ("audit", "audit_by_share"):
        assert ask(database, f"SELECT at FROM {table}") == []  # noqa: S608
    assert sums(database) == {3: 3}


def test_a_day_goes_whole_and_what_it_came_to_stays(database: Database) -> None:
    make_days(database, 0, 1)
    write(database, 0, 0, 1)
    add_up(database)
    assert delete_old(database, 1) == 0
    assert days_of(database, "audit") == [0, 1]
    assert delete_old(database, 2) == 2
    assert days_of(database, "audit") == days_of(database, "audit_by_share") == [1]
    assert sums(database) == {0: 2, 1: 1}


def test_a_day_stays_while_a_line_of_it_is_not_counted_yet(database: Database) -> None:
    make_days(database, 0)
    write(database, 0)
    add_up(database)
    write(database, 0)
    assert delete_old(database, 5) == 0
    add_up(database)
    assert delete_old(database, 5) == 2
    assert sums(database) == {0: 2}


def test_a_line_that_comes_to_a_day_before_it_is_dropped_keeps_it(database: Database) -> None:
    make_days(database, 0)
    write(database, 0)
    add_up(database)
    old = database.write_now(lambda c: numbers.find_too_old(c, TODAY + 5, 1))
    # Not before it's summed up, and counted.
    assert database.read_now(lambda c: day_tables.find_old_days(c, old)) == []
    asyncio.run(_sum_up(database, old))
    early = old._replace(mark=0)
    assert database.read_now(lambda c: day_tables.find_old_days(c, early)) == []
    days = database.read_now(lambda c: day_tables.find_old_days(c, old))
    assert [day.day for day in days] == [TODAY]
    write(database, 0)
    assert database.write_now(lambda c: day_tables.drop_days(c, days)) == 0
    add_up(database)
    assert delete_old(database, 5) == 2
    assert sums(database) == {0: 2}


async def _sum_up(database: Database, old: numbers.TooOld) -> None:
    from listenlink.store.audit import day_sums

    (day,) = await database.read(lambda c: day_sums.find_days(c, old))
    found = await database.read(lambda c: day_sums.find_sums(c, old, day))
    await database.write(lambda c: day_sums.keep_sums(c, found))
    # As two nodes do that found the same.
    await database.write(lambda c: day_sums.keep_sums(c, found))


@pytest.mark.parametrize("link", [LINK, None])
def test_tables_of_days_far_ahead_go_with_their_lines(database: Database, link: int | None) -> None:
    """A clock that was ahead had them made. They stay until their lines are too old, in a sum or not."""
    make_days(database, 3653, 3654)
    write(database, 3653, link=link)
    add_up(database)
    assert delete_old(database, 0) == 0
    assert days_of(database, "audit") == [3653]
    assert delete_old(database, 1) == 0
    assert delete_old(database, 2) == 1
    assert days_of(database, "audit") == days_of(database, "audit_by_share") == []
    assert sums(database) == ({} if link is None else {3653: 1})
