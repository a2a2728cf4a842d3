"""Opens are counted once each, whenever they're added up and whatever becomes of a link's limit."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from engines import ENGINE, SQLITE, of_sqlite
from listenlink.model.audit import Outcome
from listenlink.store.audit import open_counts, open_days
from listenlink.store.opening import sqlite_adding, sqlite_blocks
from store.counted_links import LINKS, Links, add_up

_ACTIONS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(LINKS)),
    st.tuples(st.just("view"), st.sampled_from(LINKS)),
    st.tuples(st.just("limit"), st.sampled_from(LINKS)),
    st.tuples(st.just("lift"), st.sampled_from(LINKS)),
    st.tuples(st.just("add up"), st.integers(1, 5)),
    # Until what the thread prepares is there; and another process, which prepares it anew.
    st.tuples(st.just("wait"), st.just(0)),
    st.tuples(st.just("restart"), st.just(0)),
)


@pytest.fixture
def links(tmp_path: Path) -> Iterator[Links]:
    made = Links(tmp_path)
    yield made
    made.close()


@settings(max_examples=60 if ENGINE == SQLITE else 8, deadline=None)
@given(
    st.lists(_ACTIONS, max_size=40),
    st.sampled_from([(500_000, 250, 9), (0, 1, 5), (0, 1, 1), (3, 2, 7)]),
)
def test_every_open_counts_once(actions: list[tuple[str, int]], rush: tuple[int, int, int]) -> None:
    """Whoever adds them up: housekeeping, or under load those who open."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite_adding, "MOST_WAITING", rush[0])
        patch.setattr(sqlite_adding, "LINES_PER_STEP", rush[1])
        patch.setattr(sqlite_blocks, "BLOCK_LINES", rush[2])
        links = Links(Path(folder))
        expected = dict.fromkeys(LINKS, 0)
        for action, number in actions:
            if action == "open":
                links.ask(number, Outcome.OPENED)
                expected[number] += 1
            elif action == "view":
                links.ask(number, Outcome.VIEWED)
            elif action == "add up":
                links.database.write_now(lambda c, n=number: add_up(c, n))  # type: ignore[misc]
            elif action == "wait":
                links.adding.sorter.wait()
            elif action == "restart":
                links.adding.close()
                links.adding = sqlite_adding.Adding(Path(folder) / "listenlink.db")
            else:
                links.set_limit(number, 1000 if action == "limit" else None)
            assert links.counted() == expected
            assert links.by_day() == {link: many for link, many in expected.items() if many}
            assert links.found() == Counter(links.lines().values())
            waits = len(links.lines()) - len(links.indexed())
            assert waits <= links.database.read_now(open_counts.find_waiting)
        while links.database.write_now(lambda c: add_up(c, 7)):
            pass
        assert links.counted() == expected
        assert links.database.read_now(open_counts.find_waiting) == 0
        assert links.database.read_now(open_days.find_waiting) == 0
        assert links.summed() == {link: many for link, many in expected.items() if many}
        assert links.indexed() == links.lines()
        links.close()


@of_sqlite
def test_who_opens_in_a_rush_keeps_pace_in_steps(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than so many ever wait, and no batch adds up more than twice what it wrote, or a step."""
    monkeypatch.setattr(sqlite_adding, "MOST_WAITING", 1000)
    # Once enough wait, the thread is asked for what is committed; from then on it has something prepared.
    for size in (1299, 1):
        links.ask_many(size)
        links.adding.sorter.wait()
    waiting, written = links.database.read_now(open_counts.find_waiting), 1300
    for size in (1, 1, 400, 30, 30, 512, 1, 1, 1, 1):
        links.ask_many(size)
        links.adding.sorter.wait()
        written += size
        before, waiting = waiting, links.database.read_now(open_counts.find_waiting)
        done = before + size - waiting
        assert done <= max(sqlite_adding.LINES_PER_STEP, 2 * size)
        assert waiting < 1000 + sqlite_adding.LINES_PER_STEP
        assert links.database.read_now(open_days.find_waiting) == 0
        assert sum(links.counted().values()) == written
    assert waiting >= 1000, "what a rush leaves is left to housekeeping"


@of_sqlite
def test_numbers_of_deleted_lines_are_not_given_again(links: Links) -> None:
    """Whoever deletes them: below the mark, opens wouldn't be counted."""
    links.set_limit(2, 10)
    for _ in range(5):
        links.ask(1, Outcome.OPENED)
        links.ask(2, Outcome.OPENED)
    links.set_limit(2, None)
    for which in ("id > 7", "id > 0", "id > 0"):
        links.database.write_now(lambda c: open_counts.add_up(c, 100))
        gone = text(f"DELETE FROM audit WHERE {which}")  # noqa: S608
        links.database.write_now(lambda c, gone=gone: c.execute(gone))  # type: ignore[misc]
        links.ask(1, Outcome.OPENED)
        links.ask(2, Outcome.OPENED)
    assert links.counted() == {1: 8, 2: 8, 3: 0}
    links.database.write_now(lambda c: open_counts.add_up(c, 100))
    assert links.counted() == {1: 8, 2: 8, 3: 0}
    newest = links.database.read_now(
        lambda c: c.execute(text("SELECT max(id) FROM audit")).scalar()
    )
    assert newest == 16


def test_no_more_lines_are_added_up_than_asked(links: Links) -> None:
    for _ in range(10):
        links.ask(1, Outcome.OPENED)
    assert links.database.write_now(lambda c: open_counts.add_up(c, 4)) == 4
    assert links.database.read_now(open_counts.find_waiting) == 6
    assert links.counted()[1] == 10
