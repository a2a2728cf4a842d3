"""Sums of days that are too old are made day by day: each slice reads its own day's lines and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from engines import new_backend
from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.clock import DAY_US
from listenlink.store.audit import day_sums, day_tables
from listenlink.store.audit.numbers import TooOld
from listenlink.store.database.database import Database, is_postgres
from store.explained import explained

TODAY, DAYS, LINKS_A_DAY = 20_000, 4, 25
OLD = TooOld(TODAY * DAY_US, (TODAY + 2) * DAY_US, line=0, client=0, mark=10**9)
_WRITE = text("""
INSERT INTO audit (id, at, outcome, share_id, trace, client_id, agent)
VALUES (:id, :at, 1, :link, 1, 1, 1)
""")


def _fill(connection: Connection) -> None:
    """As many lines each day; the last day's first line was written before all others, by a wrong clock."""
    days = range(TODAY - DAYS, TODAY)
    day_tables.make(connection, days) if is_postgres(connection) else None
    lines: list[dict[str, Any]] = [{"id": 1, "at": (TODAY - 1) * DAY_US, "link": 0}]
    for day in days:
        for link in range(LINKS_A_DAY):
            lines.append({"id": len(lines) + 1, "at": day * DAY_US + link, "link": link})
    connection.execute(_WRITE, lines)
    for name in ("added_up", "told"):
        connection.execute(text("DELETE FROM audit_progress WHERE name = :name"), {"name": name})
        connection.execute(
            text("INSERT INTO audit_progress (name, audit_id) VALUES (:name, 1000000)"),
            {"name": name},
        )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_backend(tmp_path).open()
    made.write_now(_fill)
    yield made
    made.close()


def test_a_slice_of_sums_reads_the_lines_of_its_day(database: Database) -> None:
    days = database.read_now(lambda c: day_sums.find_days(c, OLD))
    assert [day.day for day in days] == list(range(TODAY - DAYS, TODAY))
    second = days[1]
    assert second.last - second.first == LINKS_A_DAY - 1
    plan = explained(database, partial(day_sums.find_sums, old=OLD, of_day=second))
    if database.read_now(is_postgres):
        assert f"audit_{second.day}" in plan
        assert f"audit_{second.day + 1}" not in plan
        assert f"audit_{second.day - 1}" not in plan
    else:
        assert "SEARCH a USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan


def test_all_days_are_summed_up_in_slices(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where a slice has no room for all of a day, and a line of a day stands far from the others."""
    slices = str(day_sums._FIND).replace(f"LIMIT {day_sums._MOST_FOUND}", "LIMIT 10")
    monkeypatch.setattr(day_sums, "_FIND", text(slices))
    deleted = asyncio.run(delete_old_lines(database, TODAY, 0))
    assert deleted.lines == DAYS * LINKS_A_DAY + 1
    kept = database.read_now(
        lambda c: c.execute(
            text(
                "SELECT day, count(*), sum(opens), sum(listeners) FROM share_days GROUP BY day ORDER BY day"
            )
        ).all()
    )
    per_day = [(day, LINKS_A_DAY, LINKS_A_DAY, LINKS_A_DAY) for day in range(TODAY - DAYS, TODAY)]
    per_day[-1] = (TODAY - 1, LINKS_A_DAY, LINKS_A_DAY + 1, LINKS_A_DAY)
    assert [tuple(map(int, row)) for row in kept] == per_day
