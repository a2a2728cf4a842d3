"""Mail people what happened to their links and tracks, at once or all of an hour or a day together."""

from __future__ import annotations

import random
from collections.abc import Callable

from sqlalchemy import Connection

from listenlink.clock import DAY_US, SECOND_US, Clock
from listenlink.model.api_key import LEAVING
from listenlink.model.mail_message import Written
from listenlink.model.notice import AGAIN_AFTER_SECONDS, due_again_at
from listenlink.model.owner import Owner
from listenlink.model.telling import Digest, Happened
from listenlink.outbound.mail import (
    WITHIN_SECONDS,
    MailMan,
    MailPostponedError,
    MailRefusedError,
    NoSuchReaderError,
    PerhapsNoReaderError,
)
from listenlink.store import notices, people, telling_settings, told_links
from listenlink.store.database.database import Database
from listenlink.store.telling_settings import Due

_MOST_IN_A_MAIL = 200
# Longer than handing one in and writing it down takes, so that no other node mails it meanwhile.
_TAKEN_US = 2 * round(WITHIN_SECONDS) * SECOND_US
_JITTER = random.SystemRandom()


class DigestMailer:
    """Mails digests. `write` puts one into words; `leave_url` is where whoever gets it can leave."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        mailman: MailMan,
        write: Callable[[Digest], Written],
        leave_url: Callable[[Owner], str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._mailman = mailman
        self._write = write
        self._leave_url = leave_url

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
        digest = await self._database.read(lambda c: _read(c, due))
        try:
            if digest is not None:
                await self._mail(digest, due, now_us)
        except MailPostponedError as error:
            await self._put_off(due, error)
            return True
        except NoSuchReaderError:
            await self._database.write(lambda c: telling_settings.stop_unread(c, due))
            return True
        except MailRefusedError:
            # Of this mail nothing would come, however often; the next one may be taken.
            pass
        await self._database.write(
            lambda c: telling_settings.end_mail(c, due, self._clock.now_us())
        )
        return True

    async def _put_off(self, due: Due, error: MailPostponedError) -> None:
        """Try again later: the mail then has what happened until then. It may be the server's fault, so
        nobody's mails end by it, unless for a day or more it knows no such reader."""
        now_us, is_refused = self._clock.now_us(), isinstance(error, PerhapsNoReaderError)
        since = due.refused_at
        if is_refused and since is not None and now_us - since >= DAY_US:
            await self._database.write(lambda c: telling_settings.stop_unread(c, due))
            return
        attempts = min(due.attempts, len(AGAIN_AFTER_SECONDS))
        due_at = due_again_at(attempts, now_us, None, _JITTER)
        if due_at is None:
            return
        await self._database.write(
            lambda c: telling_settings.put_mail_off(
                c, due, due_at,
                may_have_arrived=error.may_have_arrived, refused_at=now_us if is_refused else None,
            )
        )  # fmt: skip

    async def _mail(self, digest: Digest, due: Due, now_us: int) -> None:
        number, leave_url = f"news.{due.number:012x}", self._leave_url(digest.owner)
        await self._mailman.send(self._write(digest), digest.email, number, now_us, leave_url)


def _read(connection: Connection, due: Due) -> Digest | None:
    """What there is to mail; None if there is nothing, or nobody to be mailed to."""
    kept = notices.list_notices(connection, due.owner, due.mailed_to, due.taken_to, _MOST_IN_A_MAIL)
    email = people.find_email(connection, due.owner.user_id)
    role = people.find_role(connection, *due.owner)
    if not kept or email is None or role in (None, LEAVING):
        return None
    happened = tuple(
        Happened(
            one.notice,
            told_links.find_title(connection, one.notice) or "",
            told_links.count_downloads(connection, one.notice),
        )
        for one in kept
    )
    left_out = notices.count_between(connection, due.owner, kept[-1].number, due.taken_to)
    organization = people.find_organization(connection, due.owner.organization_id) or ""
    return Digest(due.owner, organization, email, due.settings, happened, left_out)
