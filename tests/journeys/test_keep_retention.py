"""What is too old goes, and nothing else, whatever the clock showed in between; what it came to stays."""

from __future__ import annotations

import errno
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, text

from engines import ENGINE, SQLITE
from journeys.sharing_world import new_world
from listenlink.actions import manage_links
from listenlink.actions.authenticate import Caller
from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.actions.make_link import NewLink, ShareTerms, make_link
from listenlink.actions.opening.rule import OpenRequest
from listenlink.clock import DAY_US
from listenlink.media.folder.resumable_drafts import ResumableDrafts
from listenlink.model.audit import Agent
from listenlink.model.client_address import find_client
from listenlink.model.moment import iso_day
from listenlink.model.share import TargetType
from listenlink.model.share_token import digest
from listenlink.running.housekeeping import add_up_opens, delete_old
from listenlink.store import idempotency, listens, resumable_uploads
from listenlink.store.idempotency import KeptAnswer

TEN_YEARS_US = 3653 * DAY_US
NOON_US = DAY_US // 2


class House:
    """A world with links, opened by whom and when a test says."""

    def __init__(self, folder: Path, kept_days: int, **more: Any) -> None:
        self.world = new_world(folder, audit_retention_days=kept_days, **more)
        self.began_us = self.world.clock.now_us()
        self.creator: Caller = self.world.new_caller()
        self.track = self.world.new_track(self.creator)

    def new_link(self, most: int | None = None) -> NewLink:
        """Without an end."""
        return self.world.run(
            make_link(
                self.world.instance.database, self.creator, TargetType.TRACK, self.track,
                ShareTerms(max_opens=most), self.began_us,
            )
        )  # fmt: skip

    def open(self, link: NewLink, at_us: int, listener: int = 1) -> None:
        """Open it, or try to, while the clock shows this."""
        self.world.clock.set_us = at_us
        asked = OpenRequest(
            digest(link.token), True, None, True, find_client(f"198.51.100.{listener}", "", ()),
            Agent.PERSON, None, secrets.randbits(40), at_us, self.world.clock.tick_us(), True,
        )  # fmt: skip
        self.world.run(self.world.instance.opener.open(asked))

    def keep_house(self, at_us: int) -> int:
        """One round of housekeeping, while the clock shows this; how many lines it deleted."""
        self.world.clock.set_us = at_us
        return self.world.run(delete_old(self.world.instance))

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Read the database."""
        database = self.world.instance.database
        return database.read_now(lambda c: [tuple(row) for row in c.execute(text(sql))])

    def lines(self) -> list[int]:
        """When what is in the audit happened, in the order of the numbers."""
        return [row[0] for row in self.ask("SELECT at FROM audit ORDER BY id")]

    def told(self, link: NewLink) -> tuple[int, dict[int, tuple[int, int]]]:
        """What its owner is told: all opens, and by day the opens and listeners."""
        told, days = self.world.run(
            manage_links.sum_days(self.world.instance.database, self.creator, link.share.id)
        )
        return told.share.opens, {day.day: (day.opens, day.listeners) for day in days}


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
    house.world.run(house.world.instance.opener.write_limited())
    house.open(link, at_us + 1, listener=2)
    house.open(link, at_us + 1, listener=2)
    house.world.run(house.world.instance.opener.write_limited())
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
    assert house.world.instance.ages.lines_ahead == 1
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
    database, day = house.world.instance.database, began_us // DAY_US
    house.open(link, began_us)
    assert house.world.run(delete_old_lines(database, day + 2, 1)).lines == 0
    assert house.lines() == [began_us]
    house.world.run(add_up_opens(house.world.instance, 10**6))
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


def test_what_else_has_an_age_goes_with_it(house: House) -> None:
    """Answers and begun uploads after a day, those dated ahead from when that is seen; a day's key after a
    week; what was heard never."""
    day_us, began_us = DAY_US, house.began_us
    instance = house.world.instance
    fill_with_ages(house, began_us)
    for at_us, answers, begun in (
        (began_us + day_us, 3, 3),
        (began_us + day_us + 1, 2, 2),
        (began_us + day_us + 2, 1, 1),
        (began_us + 2 * day_us, 1, 1),
        (began_us + 2 * day_us + 1, 0, 0),
    ):
        house.keep_house(at_us)
        assert len(house.ask("SELECT key_digest FROM idempotent_answers")) == answers
        assert len(house.ask("SELECT id FROM resumable_uploads")) == begun
    assert len(house.ask("SELECT open_trace FROM listens")) == 1
    today = house.world.clock.now_us() // day_us
    instance.daily_keys.prepare(today)
    folder = instance.settings.data / "secrets" / "daily"
    house.keep_house((today + 7) * day_us)
    kept = {path.name for path in folder.glob("2*")}
    house.keep_house((today + 8) * day_us)
    if ENGINE == SQLITE:  # Else they are in Redis, which lets go of them by itself.
        assert iso_day(today) in kept
        assert iso_day(today) not in {path.name for path in folder.glob("2*")}


def fill_with_ages(house: House, at_us: int) -> None:
    """An answer and an upload of that moment, one of a µs later, and one of ten years later; a listen."""
    creator = house.creator

    def fill(connection: Connection) -> None:
        for number, moment in enumerate((at_us, at_us + 1, at_us + TEN_YEARS_US)):
            kept = KeptAnswer(b"b" * 32, b"sealed")
            idempotency.keep_answer(connection, number.to_bytes(32, "big"), kept, moment)
            resumable_uploads.add_upload(
                connection, creator.organization_id, creator.user_id, 10, "", moment
            )
        listens.add_listen(connection, 1, 1, 1, at_us)

    house.world.run(house.world.instance.database.write(fill))


def test_what_can_not_be_deleted_keeps_nothing_else(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, began_us = house.new_link(), house.began_us
    house.open(link, began_us)
    fill_with_ages(house, began_us)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO, "the disk")

    monkeypatch.setattr(house.world.instance.daily_keys, "destroy_old", fail)
    with pytest.raises(OSError, match="the disk"):
        house.keep_house(began_us + 4 * DAY_US)
    assert house.lines() == []
    assert len(house.ask("SELECT id FROM resumable_uploads")) == 1


def test_an_upload_that_can_not_go_yet_keeps_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are of either."""
    monkeypatch.setattr(resumable_uploads, "_LISTED", 2)
    creator, drafts = house.creator, ResumableDrafts(house.world.instance.settings.data)

    def fill(connection: Connection) -> list[int]:
        owner = (creator.organization_id, creator.user_id)
        return [
            resumable_uploads.add_upload(connection, *owner, 10, "", house.began_us + number).id
            for number in range(7)
        ]

    numbers = house.world.run(house.world.instance.database.write(fill))
    for number in numbers:
        drafts.create(number)
    held = [drafts.open(number) for number in numbers[:3]]
    house.keep_house(house.began_us + 2 * DAY_US)
    left = sorted(row[0] for row in house.ask("SELECT id FROM resumable_uploads"))
    assert left == sorted(numbers[:3])
    for draft in held:
        assert draft is not None
        draft.close()
    house.keep_house(house.began_us + 2 * DAY_US)
    assert house.ask("SELECT id FROM resumable_uploads") == []
    assert list((house.world.instance.settings.data / "uploads").glob("resumable-*")) == []
