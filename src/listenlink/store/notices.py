"""What happened, and for which webhooks it's to be sent: written together, so that neither is there alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from listenlink.model import ids
from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.audit import open_counts
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own
from listenlink.store.wanting import WORKS, list_wanting

_NOTICES = tables.notices
_WEBHOOKS = tables.webhooks
_DELIVERIES = tables.deliveries
_SETTINGS = tables.telling_settings
_NUMBER = "notices"
# Each with what was sent of it.
_DELETED_PER_STEP = 100
# More than waits of anybody whose webhook works; what is beyond it isn't sent.
MOST_WAITING = 10_000


class KeptNotice(NamedTuple):
    """A notice with its number, which orders them."""

    number: int
    notice: Notice


def is_anybody_told(connection: Connection) -> bool:
    """Whether anybody wants to be told anything."""
    webhooks = exists().where(*WORKS)
    settings = exists().where(_is_mailed())
    return bool(connection.execute(select(or_(webhooks, settings))).scalar_one())


def is_told(connection: Connection, whose: Owner) -> bool:
    """Whether this user wants to be told anything."""
    webhooks = exists().where(own(_WEBHOOKS, *whose), *WORKS)
    settings = exists().where(own(_SETTINGS, *whose), _is_mailed())
    return bool(connection.execute(select(or_(webhooks, settings))).scalar_one())


def _is_mailed() -> ColumnElement[bool]:
    return _SETTINGS.c.mails != "off"


def add_notices(connection: Connection, added: Iterable[Notice], now_us: int) -> None:
    """Add these, each with a delivery to every webhook of its owner's that wants it and works."""
    told = list(added)
    if not told:
        return
    first = _add(connection, told)
    wanting = {
        whose: list_wanting(connection, whose, MOST_WAITING)
        for whose in {one.whose for one in told}
    }
    sent = [
        (one.webhook_id, number)
        for number, notice in enumerate(told, first)
        for one in wanting[notice.whose]
        if one.wants(notice)
    ]
    _add_deliveries(connection, sent, now_us)


def add_notice(connection: Connection, notice: Notice) -> int:
    """Add one, to be sent nowhere yet; return its number."""
    return _add(connection, [notice])


def _add(connection: Connection, added: list[Notice]) -> int:
    """Add these with numbers in a row; return the first."""
    first = find_newest(connection) + 1
    open_counts.set_mark(connection, _NUMBER, first + len(added) - 1)
    rows = [
        {
            "id": number,
            "organization_id": notice.whose.organization_id,
            "user_id": notice.whose.user_id,
            "type": notice.event.value,
            "share_id": notice.share_id,
            "track_id": notice.track_id,
            "facts": msgspec.json.encode(notice.facts).decode(),
            "number": ids.new_number(),
            "at": notice.at,
        }
        for number, notice in enumerate(added, first)
    ]
    connection.execute(insert(_NOTICES), rows)
    return first


def count_waiting(connection: Connection, webhook_id: int) -> int:
    """How many deliveries to a webhook aren't over."""
    counted = select(func.count()).where(
        _DELIVERIES.c.webhook_id == webhook_id, _DELIVERIES.c.due_at.is_not(None)
    )
    return int(connection.execute(counted).scalar_one())


def add_delivery(
    connection: Connection, webhook_id: int, notice_id: int, now_us: int, *, is_asked: bool = False
) -> int:
    """Have a notice sent to a webhook now, because its owner asked for it or not; return the delivery's
    number."""
    values = {"webhook_id": webhook_id, "notice_id": notice_id, "due_at": now_us}
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_DELIVERIES).values(
                id=number, created_at=now_us, is_asked=int(is_asked), **values
            )
        ),
    )


def _add_deliveries(connection: Connection, sent: list[tuple[int, int]], now_us: int) -> None:
    """Have notices sent to webhooks, each a pair of numbers: in one statement, unless a number was given
    already."""
    if not sent:
        return
    rows = [
        {"id": ids.new_number(), "webhook_id": webhook, "notice_id": notice, "due_at": now_us,
         "created_at": now_us}
        for webhook, notice in sent
    ]  # fmt: skip
    try:
        with connection.begin_nested():
            connection.execute(insert(_DELIVERIES), rows)
    except IntegrityError:
        for webhook, notice in sent:
            add_delivery(connection, webhook, notice, now_us)


def list_notices(
    connection: Connection, whose: Owner, after: int, newest: int, limit: int
) -> list[KeptNotice]:
    """The notices of a user's behind one number and up to another, in order."""
    rows = connection.execute(
        select(_NOTICES)
        .where(own(_NOTICES, *whose), _NOTICES.c.id > after, _NOTICES.c.id <= newest)
        .order_by(_NOTICES.c.id)
        .limit(limit)
    )
    return [KeptNotice(row.id, _notice(row)) for row in rows]


def find_newest(connection: Connection) -> int:
    """The newest number that was given, 0 if none was. Writers take turns, so it's the highest."""
    return open_counts.find_mark(connection, _NUMBER)


def find_newest_of(connection: Connection, whose: Owner) -> int | None:
    """The number of a user's newest notice, None if there is none."""
    asked = select(func.max(_NOTICES.c.id)).where(own(_NOTICES, *whose))
    newest: int | None = connection.execute(asked).scalar_one()
    return newest


def count_between(connection: Connection, whose: Owner, after: int, newest: int) -> int:
    """How many of a user's notices are behind one number and up to another."""
    counted = select(func.count()).where(
        own(_NOTICES, *whose), _NOTICES.c.id > after, _NOTICES.c.id <= newest
    )
    return int(connection.execute(counted).scalar_one())


def get_notice(connection: Connection, number: int) -> Notice:
    """The notice with this number, which there is."""
    return _notice(connection.execute(select(_NOTICES).where(_NOTICES.c.id == number)).one())


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some notices from before this, with their deliveries; return how many. Call until it returns
    0."""
    old = list(
        connection.execute(
            select(_NOTICES.c.id).where(_NOTICES.c.at < before_us).limit(_DELETED_PER_STEP)
        ).scalars()
    )
    connection.execute(delete(_DELIVERIES).where(_DELIVERIES.c.notice_id.in_(old)))
    return connection.execute(delete(_NOTICES).where(_NOTICES.c.id.in_(old))).rowcount


def find_language(connection: Connection, whose: Owner) -> str | None:
    """The language that a user set, None if they set none."""
    asked = select(_SETTINGS.c.language).where(own(_SETTINGS, *whose))
    language: str | None = connection.execute(asked).scalar_one_or_none()
    return language


def forget_owner(connection: Connection, whose: Owner) -> None:
    """Delete how a user wanted to be told, and empty what they were told, which can be much: that is as old
    as can be, so that it goes next (`delete_older`)."""
    emptied = {"at": 0, "facts": "{}"}
    connection.execute(update(_NOTICES).where(own(_NOTICES, *whose)).values(**emptied))
    connection.execute(delete(_SETTINGS).where(own(_SETTINGS, *whose)))


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    return Notice(
        whose=Owner(row.organization_id, row.user_id),
        event=Event(row.type),
        at=row.at,
        facts=msgspec.json.decode(row.facts),
        share_id=row.share_id,
        track_id=row.track_id,
        number=row.number,
    )
