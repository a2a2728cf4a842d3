"""A quarter only ever rises, the sums follow it, and both outlive what they were made of."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from listenlink.clock import DAY_US
from listenlink.model.link_sums import Quarters
from listenlink.store import listens
from listenlink.store.audit import of_link
from store.owned import Place, make_place


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await make_place(tmp_path)
    yield made
    made.database.close()


def sums(place: Place, share_id: int) -> list[tuple[int, Quarters]]:
    told = place.database.read_now(lambda c: of_link.sum_up(c, share_id, 0, 0))
    assert sum((track.quarters[3] for track in told.by_track), 0) == told.quarters.whole
    return [(day.day, day.quarters) for day in told.days]


def ask(place: Place, sql: str) -> list[Any]:
    return [tuple(row) for row in place.database.read_now(lambda c: c.execute(text(sql)).all())]


async def test_many_at_once_leave_the_furthest_of_each_open_alone(place: Place) -> None:
    share, track, chance = place.made.link.share.id, place.made.track, random.Random(11)  # noqa: S311
    told = [(chance.randint(1, 6), chance.randint(1, 4)) for _ in range(120)]

    async def tell(trace: int, quarter: int) -> None:
        raise_it = partial(
            listens.raise_quarter, open_trace=trace, track_id=track, share_id=share,
            at_us=5 * DAY_US, quarter=quarter,
        )  # fmt: skip
        await place.database.write(raise_it)

    await asyncio.gather(*(tell(*one) for one in told))
    furthest = {trace: max(q for t, q in told if t == trace) for trace, _ in told}
    kept = ask(place, "SELECT open_trace, quarter FROM heard ORDER BY open_trace")
    assert kept == sorted(furthest.items())
    counted = Quarters(*(list(furthest.values()).count(quarter) for quarter in (1, 2, 3, 4)))
    assert sums(place, share) == [(5, counted)]


async def test_what_goes_on_the_next_day_stays_on_the_first(place: Place) -> None:
    share, track = place.made.link.share.id, place.made.track
    for at, quarter in ((DAY_US - 1, 1), (DAY_US, 3), (2 * DAY_US, 2)):
        place.database.write_now(
            lambda c, at=at, quarter=quarter: listens.raise_quarter(c, 1, track, share, at, quarter)  # type: ignore[misc]
        )
    assert sums(place, share) == [(0, Quarters(three_quarters=1))]


async def test_sums_stay_when_nothing_can_be_raised_any_more(place: Place) -> None:
    share, track = place.made.link.share.id, place.made.track
    for trace in range(3):
        place.database.write_now(
            lambda c, trace=trace: listens.raise_quarter(c, trace, track, share, trace * DAY_US, 4)  # type: ignore[misc]
        )
    forget = partial(listens.forget_heard, before_us=2 * DAY_US)
    assert [place.database.write_now(forget) for _ in range(2)] == [2, 0]
    assert ask(place, "SELECT open_trace FROM heard") == [(2,)]
    assert sums(place, share) == [(day, Quarters(whole=1)) for day in range(3)]
