"""Mail a one-time link to whom it's for, so often and no oftener: nobody can write to strangers by it."""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy import Connection

from listenlink.clock import DAY_US
from listenlink.errors import Problem
from listenlink.model.ids import new_number
from listenlink.model.mail_message import Written
from listenlink.outbound.mail import MailMan, MailPostponedError, MailRefusedError
from listenlink.store import mailed_links
from listenlink.store.database.database import Database

# Within 24 hours: of an organisation; to one address by each of them, or by the operator, so that none uses
# up another's; and to one address in all.
MOST_OF_ORGANIZATION, MOST_TO_ONE, MOST_TO_ONE_OF_ALL = 50, 3, 12


class Mailed(Enum):
    """What became of it. Of what wasn't sent the link is good all the same."""

    SENT = auto()
    TOO_MANY = auto()
    NOT_COUNTED = auto()
    NOT_TAKEN = auto()


async def mail_link(
    database: Database,
    mailman: MailMan,
    email: str,
    written: Written,
    organization_id: int | None,
    now_us: int,
) -> Mailed:
    """Mail it now; without an organisation it's from the operator. Raises nothing: the link is
    made, and is good however this ends."""
    try:
        may = await database.write(lambda c: may_mail(c, organization_id, email, now_us))
    except Problem:
        return Mailed.NOT_COUNTED
    return await hand_in_link(mailman, email, written, now_us) if may else Mailed.TOO_MANY


def may_mail(connection: Connection, organization_id: int | None, email: str, now_us: int) -> bool:
    """Whether one more may be mailed, which is then counted."""
    counted = mailed_links.count_mailed(connection, organization_id, email, now_us - DAY_US)
    of_organization = 0 if organization_id is None else counted.of_organization
    most = mailed_links.Counted(MOST_OF_ORGANIZATION, MOST_TO_ONE, MOST_TO_ONE_OF_ALL)
    if any(had >= may for had, may in zip((of_organization, *counted[1:]), most, strict=True)):
        return False
    mailed_links.add_mailed(connection, organization_id, email, now_us)
    return True


async def hand_in_link(mailman: MailMan, email: str, written: Written, now_us: int) -> Mailed:
    """Hand in what may be mailed."""
    try:
        await mailman.send(written, email, f"link.{new_number():012x}", now_us)
    except (MailRefusedError, MailPostponedError):
        return Mailed.NOT_TAKEN
    return Mailed.SENT
