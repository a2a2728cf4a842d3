"""Mails end for whom they don't reach, and for who isn't there any more, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from listenlink.clock import HOUR_US
from listenlink.model.telling import Mails, OffReason
from listenlink.store import members, suspensions, telling_settings
from store.mailing_place import Mailing, mailing_place


@pytest.fixture
async def mailing(tmp_path: Path) -> AsyncIterator[Mailing]:
    async with mailing_place(tmp_path) as made:
        yield made


async def test_whom_nothing_reaches_gets_no_more(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.box.answers = ["RCPT 550 5.1.1 no such user"]
    mailing.open()
    assert await mailing.mails() == []
    assert mailing.settings().off_reason is OffReason.NO_READER
    mailing.clock.now += HOUR_US
    mailing.open()
    assert await mailing.mails() == []


async def test_a_refusal_that_says_nothing_counts_a_day_later(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    mailing.box.answers = ["RCPT 550 no"]
    assert await mailing.mails() == []
    for hours in (1, 22):
        mailing.clock.now += hours * HOUR_US
        mailing.box.answers = ["RCPT 550 no"]
        assert await mailing.mails() == []
        assert mailing.settings().mails is Mails.AT_ONCE
    # A server that says something else, however gravely, doesn't count; one that took a mail begins anew.
    mailing.clock.now += 30 * HOUR_US
    mailing.box.answers = ["RCPT 550 5.7.1 you are on a list"]
    assert await mailing.mails() == []
    mailing.clock.now += 30 * HOUR_US
    assert await mailing.mails() == ["link.opened Song"]
    for off in (False, True):
        mailing.clock.now += 30 * HOUR_US
        mailing.open()
        mailing.box.answers = ["RCPT 550 no"]
        assert await mailing.mails() == []
        assert (mailing.settings().mails is Mails.OFF) == off
    assert mailing.settings().off_reason is OffReason.NO_READER
    mailing.want(Mails.DAILY)
    assert mailing.settings().off_reason is None


async def test_who_is_being_removed_or_suspended_is_not_mailed(mailing: Mailing) -> None:
    database, owner = mailing.place.database, mailing.place.owner.owner
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    await mailing.note()
    database.write_now(lambda c: suspensions.suspend(c, owner.organization_id, mailing.clock.now))
    assert not database.read_now(lambda c: telling_settings.is_any_due(c, mailing.clock.now))
    assert await mailing.mails() == []
    database.write_now(lambda c: suspensions.resume(c, owner.organization_id))
    assert await mailing.mails() == ["link.opened Song"]
    mailing.add_webhook("http://127.0.0.1:9/")
    mailing.clock.now += HOUR_US
    mailing.open()
    await mailing.note()
    due = mailing.take()
    database.write_now(lambda c: members.begin_leave(c, *owner, mailing.clock.now))
    assert due is not None
    assert await mailing.mails() == []
    assert await mailing.send() == 0
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    mailing.clock.now += HOUR_US
    assert await mailing.mails() == [], "whatever is set, who is leaving is no member"
