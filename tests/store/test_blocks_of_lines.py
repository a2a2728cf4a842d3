"""Lines that are added up in the order of their links, a block at a time, while others add up as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engines import of_sqlite
from listenlink.model.audit import Outcome
from listenlink.store.audit import open_counts
from listenlink.store.database.database import raw_of
from listenlink.store.opening import sqlite_adding, sqlite_blocks
from store.counted_links import LINKS, Links, add_up


@pytest.fixture
def links(tmp_path: Path) -> Iterator[Links]:
    made = Links(tmp_path)
    yield made
    made.close()


def begin_a_block(links: Links, monkeypatch: pytest.MonkeyPatch) -> Counter[int]:
    """Of twelve lines two are added up, in the order of their links, and more is prepared. Returns how often
    each link was opened."""
    for name, value in (("MOST_WAITING", 0), ("LINES_PER_STEP", 2)):
        monkeypatch.setattr(sqlite_adding, name, value)
    monkeypatch.setattr(sqlite_blocks, "BLOCK_LINES", 12)
    links.ask_many(12)
    links.adding.sorter.wait()
    opened = Counter(dict.fromkeys(LINKS, 4))
    while not links.indexed():
        links.ask(3, Outcome.OPENED)
        links.adding.sorter.wait()
        opened[3] += 1
    assert sorted(links.indexed().items()) == [(1, 1), (4, 1)]
    return opened


def check_all_is_counted_once(links: Links, expected: dict[int, int]) -> None:
    assert links.counted() == links.by_day() == expected
    waits = len(links.lines()) - len(links.indexed())
    assert waits <= links.database.read_now(open_counts.find_waiting)
    while links.database.write_now(lambda c: add_up(c, 3)):
        pass
    assert links.counted() == links.summed() == expected
    assert links.indexed() == links.lines()


@of_sqlite
@pytest.mark.parametrize("most", [1, 2, 5, 20])
def test_housekeeping_goes_on_within_a_block_and_those_who_open_behind_it(
    links: Links, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    opened = begin_a_block(links, monkeypatch)
    links.database.write_now(lambda c: add_up(c, most))
    for _ in range(4):
        links.ask(2, Outcome.OPENED)
        links.adding.sorter.wait()
    check_all_is_counted_once(links, opened + Counter({2: 4}))


@of_sqlite
def test_what_could_not_be_committed_is_added_up_again(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = begin_a_block(links, monkeypatch)

    def fail(connection: Connection) -> None:
        for _ in range(2):
            links.adding.add_up_some(raw_of(connection), 1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        links.database.write_now(fail)
    for _ in range(5):
        links.ask(2, Outcome.OPENED)
        links.adding.sorter.wait()
    check_all_is_counted_once(links, opened + Counter({2: 5}))


@of_sqlite
@pytest.mark.parametrize("link", LINKS)
def test_a_limit_that_comes_and_goes_within_a_block_counts_nothing_twice(
    links: Links, monkeypatch: pytest.MonkeyPatch, link: int
) -> None:
    opened = begin_a_block(links, monkeypatch)
    for most in (1000, None):
        links.set_limit(link, most)
        links.ask(link, Outcome.OPENED)
        links.adding.sorter.wait()
    for _ in range(8):
        links.ask(3, Outcome.OPENED)
        links.adding.sorter.wait()
    check_all_is_counted_once(links, opened + Counter({link: 2}) + Counter({3: 8}))


@of_sqlite
def test_days_that_an_older_release_left_behind_are_caught_up_with_first(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It moves the mark of opens alone."""
    for name, value in (("MOST_WAITING", 0), ("LINES_PER_STEP", 2)):
        monkeypatch.setattr(sqlite_adding, name, value)
    monkeypatch.setattr(sqlite_blocks.LineSorter, "take", lambda *_: None)
    links.ask_many(12)
    links.database.write_now(lambda c: open_counts.add_up(c, 6))
    assert links.summed() == {}
    for _ in range(3):
        links.ask(3, Outcome.OPENED)
    assert links.summed() == {1: 2, 2: 2, 3: 2}
    check_all_is_counted_once(links, Counter({1: 4, 2: 4, 3: 7}))
