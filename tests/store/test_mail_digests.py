"""Mails come at once, or by the hour or the day, with exactly what happened since the last one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import Problem
from listenlink.model.telling import Mails, TellingSettings, require_settings
from listenlink.store import telling_settings
from store.mailing_place import Mailing, mailing_place, moment


@pytest.fixture
async def mailing(tmp_path: Path) -> AsyncIterator[Mailing]:
    async with mailing_place(tmp_path) as made:
        yield made


async def test_at_once_is_at_once(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    assert await mailing.mails() == ["link.opened Song"]
    assert await mailing.mails() == []
    (mail,) = mailing.box.mails
    assert mail["to"] == "owner@localhost.example"
    assert mail["list-unsubscribe"].startswith("<https://music.example/leave/")


async def test_by_the_hour(mailing: Mailing) -> None:
    mailing.want(Mails.HOURLY)
    mailing.open()
    assert await mailing.mails() == []
    mailing.clock.now = moment(2026, 11, 25, 12, 59)
    assert await mailing.mails() == []
    mailing.clock.now = moment(2026, 11, 25, 13)
    assert await mailing.mails() == ["link.opened Song"]
    mailing.clock.now = moment(2026, 11, 25, 14)
    assert await mailing.mails() == []


async def test_by_the_day_at_eight_where_they_are(mailing: Mailing) -> None:
    """Also on the days on which the clocks change."""
    mailing.clock.now = moment(2027, 3, 27, 9)
    mailing.want(Mails.DAILY)
    mailing.open()
    mailing.clock.now = moment(2027, 3, 28, 7, 59)
    assert await mailing.mails() == []
    mailing.clock.now = moment(2027, 3, 28, 8)
    mailing.open()
    assert await mailing.mails() == ["link.opened Song"]
    mailing.open()
    mailing.clock.now = moment(2027, 3, 29, 7)
    assert await mailing.mails() == []
    mailing.clock.now = moment(2027, 3, 29, 8)
    assert await mailing.mails() == ["link.opened Song"]


async def test_a_quiet_day_has_no_mail_and_the_next_news_do_not_wait_longer(
    mailing: Mailing,
) -> None:
    mailing.want(Mails.DAILY)
    mailing.clock.now = moment(2026, 11, 28, 10)
    assert await mailing.mails() == []
    mailing.open()
    assert await mailing.mails() == []
    mailing.clock.now = moment(2026, 11, 29, 8)
    assert await mailing.mails() == ["link.opened Song"]


async def test_what_was_before_is_no_news(mailing: Mailing) -> None:
    mailing.add_webhook("http://127.0.0.1:9/")
    mailing.open()
    await mailing.note()
    mailing.want(Mails.AT_ONCE)
    assert await mailing.mails() == []


async def test_a_server_that_is_away_is_asked_again_and_nothing_is_lost(
    mailing: Mailing,
) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.box.answers = ["451 later", "421 later still"]
    mailing.open()
    assert await mailing.mails() == []
    mailing.clock.now += 6 * SECOND_US
    assert await mailing.mails() == []
    mailing.clock.now += HOUR_US
    mailing.open()
    assert await mailing.mails() == ["link.opened Song\nlink.opened Song"]


async def test_what_a_wrong_clock_set_far_ahead_is_due_again(mailing: Mailing) -> None:
    database, now = mailing.place.database, mailing.clock.now
    mailing.want(Mails.DAILY)
    mailing.open()
    await mailing.note()
    mailing.clock.now = now + 400 * 24 * HOUR_US
    mailing.want(Mails.DAILY)
    assert mailing.take() is None
    mailing.clock.now = now
    assert await mailing.mails() == ["link.opened Song"]
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    mailing.clock.now = now + 400 * 24 * HOUR_US
    await mailing.note()
    assert mailing.take() is not None
    mailing.clock.now = now
    assert await mailing.mails() == ["link.opened Song"]
    assert not database.read_now(lambda c: telling_settings.is_any_due(c, now))


async def test_a_node_that_died_leaves_it_to_another(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    await mailing.note()
    taken = mailing.take()
    assert taken is not None
    assert await mailing.mails() == []
    assert not mailing.place.database.read_now(
        lambda c: telling_settings.is_any_due(c, mailing.clock.now)
    )
    mailing.clock.now += HOUR_US
    # It may have arrived, so it's the same mail once more; what is new is for the next.
    mailing.open()
    assert await mailing.mails() == ["link.opened Song"]
    (mail,) = mailing.box.mails
    assert mail["message-id"] == f"<news.{taken.number:012x}@label.example>"
    mailing.clock.now += HOUR_US
    assert await mailing.mails() == ["link.opened Song"]
    assert mailing.box.mails[1]["message-id"] != mail["message-id"]
    # The first node wakes up: what it held is over.
    mailing.place.database.write_now(
        lambda c: telling_settings.put_mail_off(c, taken, 0, may_have_arrived=False)
    )
    mailing.clock.now += HOUR_US
    assert await mailing.mails() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars"},
        {"zone": "../etc"},
        {"zone": ""},
        {"language": "xx"},
        {"spread_networks": 1},
    ],
)
def test_what_can_not_be_set(wrong: dict[str, object]) -> None:
    with pytest.raises(Problem) as refused:
        require_settings(TellingSettings(**wrong), ("en", "de"))  # type: ignore[arg-type]
    assert refused.value.details["field"] in wrong
