"""Who made a link is told what happens to it: each thing once, and opens no more than once an hour."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from listenlink.actions.make_link import make_link
from listenlink.clock import HOUR_US
from listenlink.model.ids import SHARE, public_id
from listenlink.model.notice import Event
from listenlink.model.share import TargetType
from listenlink.store import tables
from store.owned import SEALER, make_place
from store.telling_place import Telling, Watch

HOUR, DAY = HOUR_US, 24 * HOUR_US


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    made = Telling(place, Watch())
    made.add_webhook("http://127.0.0.1:9/")
    yield made
    place.database.close()


def change(telling: Telling, **terms: Any) -> None:
    share = telling.place.made.link.share.id
    telling.place.database.write_now(
        lambda c: c.execute(
            update(tables.shares).where(tables.shares.c.id == share).values(**terms)
        )
    )


def settings(telling: Telling, **said: Any) -> None:
    organization, user = telling.place.owner.owner
    row = {"organization_id": organization, "user_id": user, "mails": "off", "language": "en"}
    row |= {"zone": "UTC", "mailed_to": 0} | said
    telling.place.database.write_now(
        lambda c: c.execute(insert(tables.telling_settings).values(**row))
    )


async def test_the_first_open_is_told_at_once_and_then_once_an_hour_how_many(
    telling: Telling,
) -> None:
    assert await telling.note() == []
    telling.open()
    (first,) = await telling.note()
    link = public_id(SHARE, telling.place.made.link.share.id)
    assert (first.event, first.facts["link_id"], first.facts["new_opens"]) == (
        Event.OPENED,
        link,
        1,
    )
    for _ in range(5):
        telling.clock.now += HOUR // 10
        telling.open(2)
        assert await telling.note() == []
    telling.clock.now += HOUR // 2
    (second,) = await telling.note()
    assert (second.facts["new_opens"], second.facts["opens"]) == (10, 11)
    telling.clock.now += 10 * HOUR
    assert await telling.note() == [], "nothing new"


async def test_nobody_is_told_of_others_links(telling: Telling) -> None:
    place = telling.place
    theirs = await make_link(
        place.database, SEALER, place.owner, TargetType.TRACK, place.made.track, {}, 1
    )
    place.database.write_now(
        lambda c: c.execute(
            update(tables.shares)
            .where(tables.shares.c.id == theirs.share.id)
            .values(creator_id=place.colleague.owner.user_id)
        )
    )
    telling.open(share_id=theirs.share.id)
    assert await telling.note() == []


async def test_a_link_is_spent_once(telling: Telling) -> None:
    change(telling, max_opens=2)
    telling.open()
    assert [one.event for one in await telling.note()] == [Event.OPENED]
    telling.open()
    assert [one.event for one in await telling.note()] == [Event.SPENT]
    telling.clock.now += 2 * HOUR
    assert [one.event for one in await telling.note()] == [Event.OPENED]
    assert await telling.note() == []


async def test_a_link_that_was_opened_lately_is_ending(telling: Telling) -> None:
    now = telling.clock.now
    change(telling, expires_at=now + 3 * DAY)
    telling.open()
    await telling.note()
    telling.clock.now = now + 2 * DAY - 1
    assert await telling.note() == []
    telling.clock.now += 1
    (ending,) = await telling.note()
    assert (ending.event, ending.facts["expires_at"][:10]) == (Event.ENDING, "1970-01-24")
    telling.clock.now = now + 3 * DAY
    assert [one.event for one in await telling.note()] == [Event.ENDED]
    telling.clock.now += HOUR
    assert await telling.note() == []


async def test_one_that_was_opened_long_ago_only_ends(telling: Telling) -> None:
    telling.open()
    await telling.note()
    now = telling.clock.now
    change(telling, expires_at=now + 10 * DAY)
    telling.clock.now = now + 9 * DAY
    assert await telling.note() == []
    telling.clock.now = now + 10 * DAY
    assert [one.event for one in await telling.note()] == [Event.ENDED]


async def test_a_link_spreads_when_it_is_opened_from_more_networks_than_that(
    telling: Telling,
) -> None:
    settings(telling, spread_networks=3)
    for number in range(3):
        telling.open(prefix=f"1.2.{number}.0/24")
        telling.clock.now += HOUR
        assert Event.SPREAD not in {one.event for one in await telling.note()}
    telling.open(5, prefix="1.2.2.0/24")
    assert Event.SPREAD not in {one.event for one in await telling.note()}
    telling.open(prefix="1.2.9.0/24")
    (spread,) = [one for one in await telling.note() if one.event is Event.SPREAD]
    assert spread.facts["more_networks_than"] == 3
    telling.open(prefix="1.2.10.0/24")
    assert Event.SPREAD not in {one.event for one in await telling.note()}, "once in two days"


async def test_slow_spreading_is_none(telling: Telling) -> None:
    settings(telling, spread_networks=2)
    for number in range(6):
        telling.open(prefix=f"1.2.{number}.0/24")
        assert Event.SPREAD not in {one.event for one in await telling.note()}
        telling.clock.now += 25 * HOUR


async def test_what_happens_while_nobody_is_told_is_no_news(tmp_path: Path) -> None:
    place = await make_place(tmp_path)
    try:
        telling = Telling(place, Watch())
        telling.open(3)
        assert await telling.note() == []
        telling.add_webhook("http://127.0.0.1:9/")
        assert await telling.note() == []
        telling.open()
        (first,) = await telling.note()
        assert first.facts["new_opens"] == 1
    finally:
        place.database.close()
