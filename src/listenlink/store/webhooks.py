"""Webhooks: where people want to be told of their links and tracks."""

from __future__ import annotations

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from listenlink.model.listing import Found, Slice, found
from listenlink.model.owner import Owner
from listenlink.model.webhook import Webhook
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own
from listenlink.store.slices import newest_first, place_of

_WEBHOOKS = tables.webhooks
_DELIVERIES = tables.deliveries


def add_webhook(connection: Connection, webhook: Webhook) -> int:
    """Add it, sealed by `reseal` afterwards, because the seal is bound to its number; return that."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_WEBHOOKS).values(
                id=number,
                organization_id=webhook.owner.organization_id,
                user_id=webhook.owner.user_id,
                sealed=webhook.sealed,
                shown=webhook.shown,
                events=",".join(webhook.events),
                shape=webhook.shape,
                created_at=webhook.created_at,
            )
        ),
    )


def keep_sealed(connection: Connection, webhook_id: int, sealed: bytes) -> None:
    """Keep this as its address and secrets."""
    connection.execute(update(_WEBHOOKS).where(_WEBHOOKS.c.id == webhook_id).values(sealed=sealed))


def count_webhooks(connection: Connection, owner: Owner) -> int:
    """How many a user has."""
    counted = select(func.count()).select_from(_WEBHOOKS).where(own(_WEBHOOKS, *owner))
    return int(connection.execute(counted).scalar_one())


def find_webhook(connection: Connection, webhook_id: int) -> Webhook | None:
    """Return a webhook, whosever it is."""
    row = connection.execute(select(_WEBHOOKS).where(_WEBHOOKS.c.id == webhook_id)).one_or_none()
    return None if row is None else _webhook(row)


def find_own_webhook(connection: Connection, owner: Owner, webhook_id: int) -> Webhook | None:
    """Return a webhook if it's this user's."""
    webhook = find_webhook(connection, webhook_id)
    return webhook if webhook is not None and webhook.owner == owner else None


def list_webhooks(connection: Connection, owner: Owner, part: Slice) -> Found[Webhook]:
    """A slice of a user's webhooks, the newest first."""
    query = select(_WEBHOOKS).where(own(_WEBHOOKS, *owner))
    rows = connection.execute(newest_first(query, _WEBHOOKS, part)).all()
    return found(rows, part, _webhook, place_of)


def pause_webhook(
    connection: Connection, webhook_id: int, now_us: int | None, reason: str | None
) -> None:
    """Send nothing there from now on; with None, send again."""
    connection.execute(
        update(_WEBHOOKS)
        .where(_WEBHOOKS.c.id == webhook_id)
        .values(paused_at=now_us, pause_reason=reason)
    )
    if now_us is not None:
        connection.execute(
            update(_DELIVERIES)
            .where(_DELIVERIES.c.webhook_id == webhook_id, _DELIVERIES.c.due_at.is_not(None))
            .values(due_at=None, taken_until=None, ended_at=now_us)
        )


def remove_webhooks(connection: Connection, owner: Owner, webhook_id: int | None = None) -> bool:
    """Delete a user's webhooks, or that one of them, with their deliveries; False if there was none."""
    theirs = own(_WEBHOOKS, *owner)
    if webhook_id is not None:
        theirs &= _WEBHOOKS.c.id == webhook_id
    numbers = list(connection.execute(select(_WEBHOOKS.c.id).where(theirs)).scalars())
    connection.execute(delete(_DELIVERIES).where(_DELIVERIES.c.webhook_id.in_(numbers)))
    return connection.execute(delete(_WEBHOOKS).where(_WEBHOOKS.c.id.in_(numbers))).rowcount > 0


def _webhook(row: Row[tuple[object, ...]]) -> Webhook:
    return Webhook(
        id=row.id,
        owner=Owner(row.organization_id, row.user_id),
        sealed=row.sealed,
        shown=row.shown,
        events=tuple(row.events.split(",")),
        shape=row.shape,
        created_at=row.created_at,
        paused_at=row.paused_at,
        pause_reason=row.pause_reason,
    )
