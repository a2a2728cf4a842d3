"""Mails come at once, or by the hour or the day, with exactly what happened since the last one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listenlink.actions.telling.mail_digests import DigestMailer
from listenlink.clock import HOUR_US, SECOND_US
from listenlink.errors import Problem
from listenlink.model.mail_message import MailAddress, Written
from listenlink.model.owner import Owner
from listenlink.model.telling import Digest, Mails, TellingSettings, require_settings
from listenlink.outbound.mail import MailServer
from listenlink.store import telling_settings
from outbound.mailbox import Box, serving
from store.owned import make_place
from store.telling_place import Telling, Watch

BERLIN = ZoneInfo("Europe/Berlin")


def moment(*when: int) -> int:
    return round(datetime(*when, tzinfo=BERLIN).timestamp()) * SECOND_US  # type: ignore[misc,arg-type]


class Mailing(Telling):
    """A person who gets mails, and the server that takes them."""

    def listen(self, box: Box, port: int) -> None:
        self.box = box
        server = MailServer("smtp+plain", "127.0.0.1", port, None, None)
        sender = MailAddress("music@label.example")
        self.mailer = DigestMailer(
            self.place.database, self.clock, server, sender, self.write, self.leave_url
        )

    def write(self, digest: Digest) -> Written:
        lines = [f"{one.notice.event.value} {one.title}" for one in digest.happened]
        return Written(f"{len(lines)} news", "\n".join(lines), "<p></p>")

    def leave_url(self, owner: Owner) -> str:
        return f"https://music.example/leave/{owner.user_id}"

    def want(self, mails: Mails, **more: object) -> None:
        settings = TellingSettings(mails, zone="Europe/Berlin", **more)  # type: ignore[arg-type]
        self.place.database.write_now(
            lambda c: telling_settings.keep_settings(
                c, self.place.owner.owner, settings, self.clock.now
            )
        )

    async def mails(self) -> list[str]:
        """The texts of what is mailed now."""
        await self.note()
        before = len(self.box.mails)
        while await self.mailer.mail_next():
            pass
        bodies = [mail.get_body(("plain",)) for mail in self.box.mails[before:]]
        return ["\n".join(body.get_content().split("\r\n")).strip() for body in bodies if body]


@pytest.fixture
async def mailing(tmp_path: Path) -> AsyncIterator[Mailing]:
    place = await make_place(tmp_path)
    made = Mailing(place, Watch())
    made.clock.now = moment(2026, 11, 25, 12, 30)
    with serving(box := Box()) as port:
        made.listen(box, port)
        yield made
    place.database.close()


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


async def test_whom_nothing_reaches_gets_no_more(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.box.answers = ["RCPT 550 no such user"]
    mailing.open()
    assert await mailing.mails() == []
    settings = mailing.place.database.read_now(
        lambda c: telling_settings.find_settings(c, mailing.place.owner.owner)
    )
    assert settings.mails is Mails.OFF
    mailing.clock.now += HOUR_US
    mailing.open()
    assert await mailing.mails() == []


async def test_a_node_that_died_leaves_it_to_another(mailing: Mailing) -> None:
    mailing.want(Mails.AT_ONCE)
    mailing.open()
    await mailing.note()
    taken = mailing.place.database.write_now(
        lambda c: telling_settings.take_due(
            c, mailing.clock.now, mailing.clock.now + 60 * SECOND_US
        )
    )
    assert taken is not None
    assert await mailing.mails() == []
    mailing.clock.now += 60 * SECOND_US
    assert await mailing.mails() == ["link.opened Song"]


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
