"""Mail people what happened to their links and tracks, at once or all of an hour or a day together."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from email.message import EmailMessage

from sqlalchemy import Connection

from listenlink.clock import SECOND_US, Clock
from listenlink.model.ids import ORGANIZATION, USER, public_id
from listenlink.model.mail_message import MailAddress, Written, write_message
from listenlink.model.notice import due_again_at
from listenlink.model.owner import Owner
from listenlink.model.telling import Digest, Happened
from listenlink.outbound.mail import MailPostponedError, MailRefusedError, MailServer, hand_in
from listenlink.store import notices, people, telling_settings, told_links
from listenlink.store.database.database import Database
from listenlink.store.telling_settings import Due

_MOST_IN_A_MAIL = 200
_TAKEN_US = 60 * SECOND_US
_JITTER = random.SystemRandom()


class DigestMailer:
    """Mails digests through the operator's server. `write` puts one into words; `leave_url` is where whoever
    gets it can leave. `sent` and `failed` count."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        server: MailServer,
        sender: MailAddress,
        write: Callable[[Digest], Written],
        leave_url: Callable[[Owner], str],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._server = server
        self._sender = sender
        self._write = write
        self._leave_url = leave_url
        self._context = context
        self.sent = self.failed = 0

    async def mail_next(self) -> bool:
        """Mail one person what is due, and write down that it was; False if nobody's is. Raises
        Problem(UNAVAILABLE). Killed in between, it's mailed once more, under the same number."""
        now_us = self._clock.now_us()
        if not await self._database.read(lambda c: telling_settings.is_any_due(c, now_us)):
            return False
        due = await self._database.write(
            lambda c: telling_settings.take_due(c, now_us, now_us + _TAKEN_US)
        )
        if due is None:
            return False
        newest, digest = await self._database.read(lambda c: _read(c, due, now_us))
        try:
            if digest is not None:
                await hand_in(self._server, self._message(digest, newest, now_us), self._context)
                self.sent += 1
        except MailPostponedError:
            await self._put_off(due)
            return True
        except (MailRefusedError, ValueError):
            self.failed += 1
            await self._database.write(lambda c: telling_settings.stop_mails(c, due.owner))
            return True
        await self._database.write(
            lambda c: telling_settings.end_mail(c, due, newest, self._clock.now_us())
        )
        return True

    async def _put_off(self, due: Due) -> None:
        """Try again later, for as long as a webhook would be; the mail then has what happened until then."""
        self.failed += 1
        now_us = self._clock.now_us()
        due_at = due_again_at(due.attempts, now_us, None, _JITTER)

        def write(connection: Connection) -> None:
            if due_at is None:
                telling_settings.stop_mails(connection, due.owner)
            else:
                telling_settings.put_mail_off(connection, due, due_at)

        await self._database.write(write)

    def _message(self, digest: Digest, newest: int, now_us: int) -> EmailMessage:
        owner = digest.owner
        number = (
            f"{public_id(ORGANIZATION, owner.organization_id)}.{public_id(USER, owner.user_id)}"
        )
        return write_message(
            self._write(digest),
            self._sender,
            MailAddress(digest.email),
            f"{number}.{newest}",
            now_us,
            self._leave_url(owner),
        )


def _read(connection: Connection, due: Due, now_us: int) -> tuple[int, Digest | None]:
    """Up to which notice there is something to mail, and what; None if nobody is there to be mailed to."""
    kept = notices.list_notices(connection, due.owner, due.mailed_to, now_us, _MOST_IN_A_MAIL)
    newest = notices.find_newest_of(connection, due.owner) or due.mailed_to
    email = people.find_email(connection, due.owner.user_id)
    role = people.find_role(connection, *due.owner)
    if not kept or email is None or role is None:
        return newest, None
    happened = tuple(
        Happened(
            one.notice,
            told_links.find_title(connection, one.notice) or "",
            told_links.count_downloads(connection, one.notice),
        )
        for one in kept
    )
    left_out = notices.count_after(connection, due.owner, kept[-1].number)
    organization = people.find_organization(connection, due.owner.organization_id) or ""
    return newest, Digest(due.owner, organization, email, due.settings, happened, left_out)
