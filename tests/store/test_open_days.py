"""Opens by day are exact whenever they're added up, by whom, and whatever becomes of the lines."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import text

from listenlink.actions.make_link import make_link
from listenlink.clock import DAY_US
from listenlink.model.audit import Outcome
from listenlink.model.share import TargetType
from listenlink.store.audit import open_counts, open_days
from listenlink.store.audit.open_days import Days
from store.owned import NOW, SEALER, Place, make_place
from store.test_long_lists import add_lines

WEEK, LATER = Days(0, 6), Days(10, 16)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


def _add_line(place: Place, share_id: int | None, at: int, outcome: Outcome) -> None:
    line = text(
        "INSERT INTO audit (at, outcome, share_id, trace, client_id, agent) "
        "VALUES (:at, :outcome, :share, 1, 1, 0)"
    )
    values = {"at": at, "outcome": int(outcome), "share": share_id}
    place.database.write_now(lambda c: c.execute(line, values))


def _told(place: Place, track_ids: list[int] | None = None, days: Days = WEEK) -> dict[int, int]:
    return dict(
        place.database.read_now(
            lambda c: open_days.sum_by_track(c, place.owner.owner, days, track_ids)
        )
    )


def _stored(place: Place) -> int:
    return int(
        place.database.read_now(
            lambda c: c.execute(text("SELECT coalesce(sum(opens), 0) FROM open_days")).scalar_one()
        )
    )


async def test_each_open_is_told_once_whenever_it_is_added_up(place: Place) -> None:
    chance, expected, in_all = random.Random(7), 0, 0  # noqa: S311
    share, track = place.made.link.share.id, place.made.track
    for _ in range(150):
        which = chance.choice(["line", "line", "count", "days"])
        most = chance.randint(1, 6)
        if which == "line":
            day, outcome = chance.randint(9, 18), chance.choice([Outcome.OPENED, Outcome.VIEWED])
            at = (day + 1) * DAY_US - chance.choice([1, DAY_US])
            whose = chance.choice([share, share, None])
            _add_line(place, whose, at, outcome)
            is_counted = outcome is Outcome.OPENED and whose is not None
            in_all += is_counted
            expected += is_counted and 10 <= day <= 16
        elif which == "count":
            place.database.write_now(partial(open_counts.add_up, most_lines=most))
        else:
            place.database.write_now(partial(open_days.add_up, most_lines=most))
        assert _told(place, days=LATER) == ({track: expected} if expected else {})
    while place.database.write_now(lambda c: open_counts.add_up(c, 50)):
        pass
    while place.database.read_now(open_days.find_waiting):
        place.database.write_now(lambda c: open_days.add_up(c, 3))
    assert expected > 10
    assert _told(place, days=LATER) == {track: expected}
    assert _stored(place) == in_all


async def test_what_was_told_stays_when_its_lines_go(place: Place) -> None:
    share = place.made.link.share.id
    place.database.write_now(lambda c: add_lines(c, share, 1, 30))
    place.database.write_now(lambda c: open_counts.add_up(c, 100))
    place.database.write_now(lambda c: open_days.add_up(c, 10))
    place.database.write_now(lambda c: c.execute(text("DELETE FROM audit WHERE id <= 10")))
    assert _told(place) == {place.made.track: 30}
    # Lines that are gone before they're here keep nobody.
    place.database.write_now(lambda c: c.execute(text("DELETE FROM audit")))
    place.database.write_now(lambda c: open_days.add_up(c, 10))
    assert place.database.read_now(open_days.find_waiting) == 0
    assert _told(place) == {place.made.track: 10}


async def test_only_ones_own_links_to_the_track_itself_count(place: Place) -> None:
    album = place.made.collection
    made = await make_link(
        place.database, SEALER, place.owner, TargetType.COLLECTION, album, {}, NOW
    )
    place.database.write_now(lambda c: add_lines(c, made.share.id, 1, 5))
    place.database.write_now(lambda c: add_lines(c, place.made.link.share.id, 1, 2))
    for _ in range(2):
        assert _told(place) == {place.made.track: 2}
        assert _told(place, [place.made.track]) == {place.made.track: 2}
        assert _told(place, [place.made.track + 1]) == _told(place, []) == {}
        for other in (place.colleague, place.elsewhere, place.saver):
            assert not place.database.read_now(
                lambda c, other=other: open_days.sum_by_track(c, other.owner, WEEK)  # type: ignore[misc]
            )
        place.database.write_now(lambda c: open_counts.add_up(c, 100))
        place.database.write_now(lambda c: open_days.add_up(c, 100))


def test_the_last_seven_days_are_today_and_six_before_it() -> None:
    for now_us in (20 * DAY_US, 21 * DAY_US - 1):
        assert open_days.last_days(now_us, 7) == (14, 20)
