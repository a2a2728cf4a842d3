"""What happened, and for which webhooks it's to be sent: written together, so that neither is there alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, or_, select

from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.audit import open_counts
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own

_NOTICES = tables.notices
_WEBHOOKS = tables.webhooks
_DELIVERIES = tables.deliveries
_SETTINGS = tables.telling_settings
_NUMBER = "notices"
_DELETED_PER_STEP = 500
# More than waits of anybody whose webhook works; what is beyond it isn't sent.
MOST_WAITING = 10_000


class KeptNotice(NamedTuple):
    """A notice with its number, which orders them."""

    number: int
    notice: Notice


def is_anybody_told(connection: Connection) -> bool:
    """Whether anybody wants to be told anything."""
    webhooks = exists().where(_WEBHOOKS.c.paused_at.is_(None))
    settings = exists().where(_is_mailed())
    return bool(connection.execute(select(or_(webhooks, settings))).scalar_one())


def is_told(connection: Connection, whose: Owner) -> bool:
    """Whether this user wants to be told anything."""
    webhooks = exists().where(own(_WEBHOOKS, *whose), _WEBHOOKS.c.paused_at.is_(None))
    settings = exists().where(own(_SETTINGS, *whose), _is_mailed())
    return bool(connection.execute(select(or_(webhooks, settings))).scalar_one())


def _is_mailed() -> ColumnElement[bool]:
    return _SETTINGS.c.mails != "off"


def add_notices(connection: Connection, added: Iterable[Notice], now_us: int) -> None:
    """Add these, each with a delivery to every webhook of its owner's that wants it and works."""
    for notice in added:
        number = add_notice(connection, notice)
        for webhook_id in _list_wanting(connection, notice):
            add_delivery(connection, webhook_id, number, now_us)


def add_notice(connection: Connection, notice: Notice) -> int:
    """Add one, to be sent nowhere yet; return its number."""
    number = find_newest(connection) + 1
    open_counts.set_mark(connection, _NUMBER, number)
    connection.execute(
        insert(_NOTICES).values(
            id=number,
            organization_id=notice.whose.organization_id,
            user_id=notice.whose.user_id,
            type=notice.event.value,
            share_id=notice.share_id,
            track_id=notice.track_id,
            facts=msgspec.json.encode(notice.facts).decode(),
            at=notice.at,
        )
    )
    return number


def count_waiting(connection: Connection, webhook_id: int) -> int:
    """How many deliveries to a webhook aren't over."""
    counted = select(func.count()).where(
        _DELIVERIES.c.webhook_id == webhook_id, _DELIVERIES.c.due_at.is_not(None)
    )
    return int(connection.execute(counted).scalar_one())


def add_delivery(connection: Connection, webhook_id: int, notice_id: int, now_us: int) -> int:
    """Have a notice sent to a webhook now; return the delivery's number."""
    values = {"webhook_id": webhook_id, "notice_id": notice_id, "due_at": now_us}
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_DELIVERIES).values(id=number, created_at=now_us, **values)
        ),
    )


def _list_wanting(connection: Connection, notice: Notice) -> list[int]:
    rows = connection.execute(
        select(_WEBHOOKS.c.id, _WEBHOOKS.c.events).where(
            own(_WEBHOOKS, *notice.whose), _WEBHOOKS.c.paused_at.is_(None)
        )
    )
    return [
        number
        for number, events in rows.all()
        if notice.event.value in events.split(",")
        and count_waiting(connection, number) < MOST_WAITING
    ]


def list_notices(
    connection: Connection, whose: Owner, after: int, until_us: int, limit: int
) -> list[KeptNotice]:
    """The notices of a user's behind this number, up to a time, in order."""
    rows = connection.execute(
        select(_NOTICES)
        .where(own(_NOTICES, *whose), _NOTICES.c.id > after, _NOTICES.c.at <= until_us)
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


def count_after(connection: Connection, whose: Owner, after: int) -> int:
    """How many of a user's notices are behind this number."""
    counted = select(func.count()).where(own(_NOTICES, *whose), _NOTICES.c.id > after)
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
    """Delete a user's notices, which no webhook waits for any more, and how they wanted to be told."""
    connection.execute(delete(_NOTICES).where(own(_NOTICES, *whose)))
    connection.execute(delete(_SETTINGS).where(own(_SETTINGS, *whose)))


def _notice(row: Row[tuple[object, ...]]) -> Notice:
    return Notice(
        whose=Owner(row.organization_id, row.user_id),
        event=Event(row.type),
        at=row.at,
        facts=msgspec.json.decode(row.facts),
        share_id=row.share_id,
        track_id=row.track_id,
    )
