"""Somebody who gets mails, and a server that takes them; the clock is set by hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from listenlink.actions.telling.mail_digests import DigestMailer
from listenlink.clock import SECOND_US
from listenlink.model.mail_message import MailAddress, Written
from listenlink.model.mail_server import MailServer
from listenlink.model.owner import Owner
from listenlink.model.telling import Digest, Mails, TellingSettings
from listenlink.outbound.mail import MailMan
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
        mailman = MailMan(server, MailAddress("music@label.example"))
        self.mailer = DigestMailer(
            self.place.database, self.clock, mailman, self.write, self.leave_url
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

    def settings(self) -> TellingSettings:
        """As they are now."""
        owner = self.place.owner.owner
        return self.place.database.read_now(lambda c: telling_settings.find_settings(c, owner))

    def take(self) -> telling_settings.Due | None:
        """Be another node, which takes what is due, and dies."""
        now = self.clock.now
        return self.place.database.write_now(
            lambda c: telling_settings.take_due(c, now, now + 60 * SECOND_US)
        )

    async def mails(self) -> list[str]:
        """The texts of what is mailed now."""
        await self.note()
        before = len(self.box.mails)
        while await self.mailer.mail_next():
            pass
        bodies = [mail.get_body(("plain",)) for mail in self.box.mails[before:]]
        return ["\n".join(body.get_content().split("\r\n")).strip() for body in bodies if body]


@contextlib.asynccontextmanager
async def mailing_place(folder: Path) -> AsyncIterator[Mailing]:
    """In an empty database, at half past twelve on a Wednesday in Berlin."""
    place = await make_place(folder)
    made = Mailing(place, Watch())
    made.clock.now = moment(2026, 11, 25, 12, 30)
    with serving(box := Box()) as port:
        made.listen(box, port)
        yield made
    place.database.close()
