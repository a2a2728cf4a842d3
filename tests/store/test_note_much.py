"""Much that happens at one moment is told a little at a time; and what is changed is told of again."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from listenlink.actions.manage_links import change_link
from listenlink.actions.telling import note_events as noting
from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.notice import Event
from listenlink.model.terms import AskedTerms
from listenlink.model.webhook import MOST_OF_A_USER
from listenlink.store import notices, tables, told_opens
from listenlink.store.audit import numbers, open_counts
from store.owned import SEALER, make_place
from store.telling_place import Telling, Watch

HOUR, DAY = HOUR_US, 24 * HOUR_US
LINKS = 500


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


def change(telling: Telling, **terms: object) -> None:
    share = telling.place.made.link.share.id
    telling.place.database.write_now(
        lambda c: c.execute(
            update(tables.shares).where(tables.shares.c.id == share).values(**terms)
        )
    )


def settings(telling: Telling, **said: object) -> None:
    organization, user = telling.place.owner.owner
    row = {"organization_id": organization, "user_id": user, "mails": "off", "language": "en"}
    row |= {"zone": "UTC", "mailed_to": 0} | said
    telling.place.database.write_now(
        lambda c: c.execute(insert(tables.telling_settings).values(**row))
    )


def make_links(telling: Telling, expires_at: int) -> None:
    """Many that end at one moment, as a batch of them does."""
    share = tables.shares

    def fill(connection: object) -> None:
        made = connection.execute(  # type: ignore[attr-defined]
            select(share).where(share.c.id == telling.place.made.link.share.id)
        ).one()
        rows = [
            dict(made._mapping)
            | {"id": number, "expires_at": expires_at, "token_digest": b"%032d" % number}
            for number in range(1, LINKS + 1)
        ]
        connection.execute(insert(share), rows)  # type: ignore[attr-defined]

    telling.place.database.write_now(fill)


async def test_many_links_that_end_at_once_are_told_in_short_turns(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MOST_OF_A_USER):
        telling.add_webhook("http://127.0.0.1:9/")
    make_links(telling, telling.clock.now)
    database = telling.place.database
    written: list[int] = []

    async def write(work: object, **within: float) -> object:
        def counted(connection: object) -> object:
            before = connection.execute(count).scalar_one()  # type: ignore[attr-defined]
            done = work(connection)  # type: ignore[operator]
            written.append(connection.execute(count).scalar_one() - before)  # type: ignore[attr-defined]
            return done

        return await unchanged(counted, **within)

    count = select(func.count()).select_from(tables.deliveries)
    unchanged = database.write
    monkeypatch.setattr(database, "write", write)
    told = await telling.note()
    assert Counter(one.event for one in told) == {Event.ENDED: LINKS}
    assert len({one.share_id for one in told}) == LINKS
    assert sum(written) == LINKS * MOST_OF_A_USER
    assert max(written) <= 50 * MOST_OF_A_USER
    assert await telling.note() == []


async def test_what_of_one_kind_fails_keeps_no_other_from_being_told(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling.add_webhook("http://127.0.0.1:9/")
    change(telling, expires_at=telling.clock.now)

    def fail(*_: object) -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    telling.open()
    monkeypatch.setattr(told_opens, "note_opens", fail)
    before = telling.place.database.read_now(notices.find_newest)
    with pytest.raises(Problem):
        await noting.note_events(telling.place.database, telling.clock.now)
    assert telling.place.database.read_now(notices.find_newest) == before + 1


async def test_lines_are_looked_at_some_at_a_time(
    telling: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(told_opens, "MOST_LINES", 3)
    telling.add_webhook("http://127.0.0.1:9/")
    telling.open(7)
    marks = []
    for _ in range(3):
        telling.place.database.write_now(lambda c: told_opens.note_opens(c, telling.clock.now))
        marks.append(
            telling.place.database.read_now(lambda c: open_counts.find_mark(c, told_opens.MARK))
        )
    assert [later - marks[0] for later in marks] == [0, 3, 4]
    (told,) = await telling.note()
    assert told.facts["new_opens"] == 7


async def test_an_end_that_is_put_off_is_told_again(telling: Telling) -> None:
    telling.add_webhook("http://127.0.0.1:9/")
    telling.open()
    await telling.note()
    change(telling, expires_at=telling.clock.now + HOUR)
    assert [one.event for one in await telling.note()] == [Event.ENDING]
    telling.clock.now += HOUR
    assert [one.event for one in await telling.note()] == [Event.ENDED]
    change(telling, expires_at=telling.clock.now + 3 * DAY)
    assert await telling.note() == []
    telling.clock.now += 2 * DAY
    assert [one.event for one in await telling.note()] == [Event.ENDING]
    telling.clock.now += DAY
    assert [one.event for one in await telling.note()] == [Event.ENDED]
    assert await telling.note() == []


async def test_ends_are_told_after_the_clock_was_set_back(telling: Telling) -> None:
    telling.add_webhook("http://127.0.0.1:9/")
    telling.clock.now += 5 * DAY
    await telling.note()
    telling.clock.now -= 3 * DAY
    await telling.note()
    change(telling, expires_at=telling.clock.now + HOUR)
    telling.clock.now += 2 * HOUR
    assert [one.event for one in await telling.note()] == [Event.ENDED]


async def test_a_link_with_more_opens_is_spent_again(telling: Telling) -> None:
    place = telling.place
    telling.add_webhook("http://127.0.0.1:9/")
    change(telling, max_opens=1)
    telling.open()
    assert Event.SPENT in {one.event for one in await telling.note()}
    share = place.made.link.share.id
    asked: AskedTerms = {"max_opens": 2}
    await change_link(place.database, SEALER, place.owner, share, asked, telling.clock.now)
    telling.open()
    assert [one.event for one in await telling.note()] == [Event.SPENT]


async def test_networks_are_kept_until_it_is_told_or_they_are_old(telling: Telling) -> None:
    settings(telling, mails="hourly", spread_networks=3)
    networks = select(func.count()).select_from(tables.told_networks)
    database = telling.place.database
    for number in range(3):
        telling.open(prefix=f"1.2.{number}.0/24")
        await telling.note()
    assert database.read_now(lambda c: c.execute(networks).scalar_one()) == 3
    telling.open(prefix="1.2.9.0/24")
    assert Event.SPREAD in {one.event for one in await telling.note()}
    telling.open(prefix="1.2.10.0/24")
    await telling.note()
    assert database.read_now(lambda c: c.execute(networks).scalar_one()) == 0
    telling.clock.now += 3 * DAY
    telling.open(prefix="1.2.9.0/24")
    await telling.note()
    assert database.write_now(lambda c: told_opens.delete_networks(c, telling.clock.now)) == 0
    telling.clock.now += 2 * DAY
    assert database.write_now(lambda c: told_opens.delete_networks(c, telling.clock.now)) == 1


async def test_lines_stay_until_they_were_looked_at(telling: Telling) -> None:
    telling.add_webhook("http://127.0.0.1:9/")
    telling.open(3)
    today = telling.clock.now // DAY
    database = telling.place.database
    added = database.read_now(open_counts.find_mark)
    assert database.write_now(lambda c: numbers.find_too_old(c, today, 1)).mark == added - 3
    await telling.note()
    assert database.write_now(lambda c: numbers.find_too_old(c, today, 1)).mark == added


async def test_without_news_nothing_is_written(telling: Telling) -> None:
    telling.add_webhook("http://127.0.0.1:9/")
    await telling.note()
    telling.clock.now += SECOND_US
    assert not await noting.note_events(telling.place.database, telling.clock.now)
