"""What is too old goes, and nothing else, whatever the clock showed in between; what it came to stays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, text

from engines import ENGINE, SQLITE, of_sqlite
from journeys.kept_house import TEN_YEARS_US, House
from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.clock import DAY_US
from listenlink.running.adding_up import add_up_opens
from listenlink.store.audit import numbers, old_lines

NOON_US = DAY_US // 2


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, kept_days=1)
    yield made
    made.world.close()


@pytest.mark.parametrize("kept_days", [0, 1, 90])
def test_a_line_goes_on_its_day_and_not_before(tmp_path: Path, kept_days: int) -> None:
    """To the microsecond, with the client it names; what it came to stays."""
    house = House(tmp_path, kept_days)
    link, day = house.new_link(), house.began_us // DAY_US
    last_us = (day + 1) * DAY_US - 1
    house.open(link, day * DAY_US, listener=1)
    house.open(link, last_us, listener=2)
    house.open(link, last_us + 1, listener=3)
    told = (3, {day: (2, 2), day + 1: (1, 1)})
    goes_us = (day + 1 + kept_days) * DAY_US
    assert house.keep_house(goes_us - 1) == 0
    assert house.lines() == [day * DAY_US, last_us, last_us + 1]
    assert len(house.ask("SELECT id FROM clients")) == 3
    assert house.told(link) == told
    assert house.keep_house(goes_us) == 2
    assert house.lines() == [last_us + 1]
    assert house.ask("SELECT at FROM audit_by_share") == [(last_us + 1,)]
    assert house.ask("SELECT day FROM clients") == [(day + 1,)]
    assert house.told(link) == told
    assert house.keep_house(goes_us + DAY_US) == 1
    assert (house.lines(), house.ask("SELECT id FROM clients")) == ([], [])
    assert house.told(link) == told
    house.world.close()


def test_counted_429s_go_on_their_day_and_not_before(tmp_path: Path) -> None:
    house = House(tmp_path, 1, resolve_limit_per_minute=1)
    link, at_us = house.new_link(), house.began_us + DAY_US - 1
    for _ in range(3):
        house.open(link, at_us)
    house.world.run(house.world.instance.listening.opener.write_limited())
    house.open(link, at_us + 1, listener=2)
    house.open(link, at_us + 1, listener=2)
    house.world.run(house.world.instance.listening.opener.write_limited())
    rows = "SELECT at, count FROM limited ORDER BY at"
    house.keep_house(at_us + DAY_US)
    assert house.ask(rows) == [(at_us, 2), (at_us + 1, 1)]
    house.keep_house(at_us + DAY_US + 1)
    assert house.ask(rows) == [(at_us + 1, 1)]
    house.world.close()


def test_lines_of_a_clock_that_was_ahead_hold_up_no_others(house: House) -> None:
    link, began_us = house.new_link(), house.began_us
    house.open(link, began_us + TEN_YEARS_US)
    for hour in range(3):
        house.open(link, began_us + hour)
    assert house.keep_house(began_us + 2 * DAY_US) == 3
    assert house.world.instance.running.ages.lines_ahead == 1
    assert house.lines() == [began_us + TEN_YEARS_US]
    day = began_us // DAY_US
    assert house.told(link) == (4, {day: (3, 1), day + 3653: (1, 1)})


def test_lines_of_a_clock_that_was_ahead_go_when_they_are_too_old(house: House) -> None:
    """A day later at most: when they were written is known by their numbers. Younger ones stay."""
    link, began_us = house.new_link(), house.began_us
    ahead_us = began_us + TEN_YEARS_US
    house.keep_house(began_us)
    house.open(link, ahead_us)
    house.open(link, began_us + 2 * DAY_US)
    house.keep_house(began_us + DAY_US)
    assert len(house.ask("SELECT day FROM clients")) == 2
    house.keep_house(began_us + 2 * DAY_US + NOON_US)
    house.open(link, ahead_us + 1)
    assert house.lines() == [ahead_us, began_us + 2 * DAY_US, ahead_us + 1]
    house.keep_house(began_us + 3 * DAY_US)
    assert house.lines() == [began_us + 2 * DAY_US, ahead_us + 1]
    house.keep_house(began_us + 4 * DAY_US)
    assert house.lines() == [ahead_us + 1]
    house.keep_house(began_us + 5 * DAY_US)
    assert (house.lines(), house.ask("SELECT day FROM clients")) == ([], [])
    day = began_us // DAY_US
    # A client who was forgotten in between is another when it comes back.
    assert house.told(link) == (3, {day + 2: (1, 1), day + 3653: (2, 2)})


def test_a_clock_that_was_behind_makes_no_line_that_is_ahead_go(house: House) -> None:
    link, began_us = house.new_link(), house.began_us
    house.keep_house(began_us)
    house.open(link, began_us + TEN_YEARS_US)
    house.keep_house(began_us - TEN_YEARS_US)
    house.keep_house(began_us + DAY_US)
    assert house.lines() == [began_us + TEN_YEARS_US]


def test_opens_count_after_all_lines_are_gone(house: House) -> None:
    """No number of a line or a client is given again."""
    link, other, began_us = house.new_link(), house.new_link(), house.began_us
    numbers = "SELECT min(id), max(id) FROM audit UNION ALL SELECT min(id), max(id) FROM clients"
    for listener in range(3):
        house.open(link, began_us, listener)
    (_, newest), (_, newest_client) = house.ask(numbers)
    house.keep_house(began_us + 2 * DAY_US)
    assert house.ask(numbers) == [(None, None)] * 2
    for listener in range(3):
        house.open(other, began_us + 2 * DAY_US, listener)
    (first, _), (first_client, _) = house.ask(numbers)
    assert (first, first_client) > (newest, newest_client)
    assert first_client > newest_client
    assert (house.told(link)[0], house.told(other)[0]) == (3, 3)
    house.world.run(add_up_opens(house.world.instance, 10**6))
    assert (house.told(link)[0], house.told(other)[0]) == (3, 3)


@of_sqlite
def test_lines_whose_numbers_are_far_apart_go_together(house: House) -> None:
    """Some thousand numbers go at a time."""
    link, began_us = house.new_link(), house.began_us
    database = house.world.instance.running.database
    note = text(
        "INSERT INTO audit_progress (name, audit_id) VALUES ('last_line', :newest) "
        "ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id"
    )

    def number_after(connection: Connection, newest: int) -> None:
        connection.execute(note, {"newest": newest})

    for newest in (10, 5_000, 10_000):
        house.world.run(database.write(partial(number_after, newest=newest)))
        house.open(link, began_us)
    assert house.ask("SELECT id FROM audit ORDER BY id") == [(11,), (5_001,), (10_001,)]
    assert house.keep_house(began_us + 2 * DAY_US) == 3
    assert house.lines() == []
    assert house.told(link) == (3, {began_us // DAY_US: (3, 1)})


@of_sqlite
def test_no_line_goes_before_it_is_in_a_sum(house: House) -> None:
    """Such come between summing up and deleting, from a clock that is behind."""
    link, began_us = house.new_link(), house.began_us
    database, day = house.world.instance.running.database, began_us // DAY_US
    house.open(link, began_us)
    house.world.run(add_up_opens(house.world.instance, 10**6))
    house.world.run(house.world.instance.running.teller.note())
    old = database.write_now(lambda c: numbers.find_too_old(c, day + 2, 1))
    (block,) = database.read_now(lambda c: old_lines.find_lines(c, old)).blocks
    assert database.write_now(lambda c: old_lines.delete_lines(c, old, block)) == 0
    assert house.lines() == [began_us]
    assert house.keep_house(began_us + 2 * DAY_US) == 1
    assert house.told(link) == (1, {day: (1, 1)})


def test_lines_that_come_to_a_day_that_was_summed_up_are_added_to_it(house: House) -> None:
    """From a clock that was behind; and none goes that isn't counted yet."""
    link, began_us = house.new_link(), house.began_us
    house.open(link, began_us, listener=1)
    house.keep_house(began_us + 2 * DAY_US)
    day = began_us // DAY_US
    house.open(link, began_us, listener=2)
    assert house.told(link) == (2, {day: (2, 2)})
    assert house.keep_house(began_us + 2 * DAY_US) == 1
    assert house.lines() == []
    assert house.told(link) == (2, {day: (2, 2)})


def test_no_line_goes_before_its_open_is_counted(house: House) -> None:
    """Such come between counting and deleting, from a clock that is behind."""
    link, began_us = house.new_link(), house.began_us
    database, day = house.world.instance.running.database, began_us // DAY_US
    house.open(link, began_us)
    assert house.world.run(delete_old_lines(database, day + 2, 1)).lines == 0
    assert house.lines() == [began_us]
    house.world.run(add_up_opens(house.world.instance, 10**6))
    assert house.world.run(delete_old_lines(database, day + 2, 1)).lines == 0, "not told of yet"
    house.world.run(house.world.instance.running.teller.note())
    assert house.world.run(delete_old_lines(database, day + 2, 1)).lines == 1
    assert house.told(link) == (1, {day: (1, 1)})


STEPS_US = some.one_of(
    some.integers(-3, 3).map(lambda days: days * DAY_US),
    some.sampled_from([3_600_000_000, -3_600_000_000, TEN_YEARS_US, -TEN_YEARS_US, 1, -1]),
)
ACTS = some.lists(
    some.one_of(
        some.tuples(some.just("step"), STEPS_US),
        some.tuples(some.just("open"), some.integers(0, 1)),
        some.tuples(some.just("round"), some.just(0)),
    ),
    max_size=24,
)


@settings(max_examples=15 if ENGINE == SQLITE else 4, deadline=None)
@given(ACTS)
def test_after_any_steps_of_the_clock(acts: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder), kept_days=1)
        links = [house.new_link(), house.new_link(most=1000)]
        opened: list[dict[int, int]] = [{}, {}]
        now_us, newest = house.began_us + TEN_YEARS_US, 0
        for act, value in acts:
            if act == "step":
                now_us = min(max(now_us + value, house.began_us), house.began_us + 3 * TEN_YEARS_US)
            elif act == "open":
                house.open(links[value], now_us)
                day = now_us // DAY_US
                opened[value][day] = opened[value].get(day, 0) + 1
                ((number,),) = house.ask("SELECT max(id) FROM audit")
                assert number > newest
                newest = number
            else:
                before = house.lines()
                house.keep_house(now_us)
                kept_us, ahead_us = (now_us // DAY_US - 1) * DAY_US, (now_us // DAY_US + 2) * DAY_US
                left = house.lines()
                assert [at for at in left if at < kept_us] == []
                stays = [at for at in before if kept_us <= at < ahead_us]
                assert [at for at in left if at < ahead_us] == stays
            for link, days in zip(links, opened, strict=True):
                count, told = house.told(link)
                assert count == sum(days.values())
                assert {day: sums[0] for day, sums in told.items()} == days
        house.world.close()
