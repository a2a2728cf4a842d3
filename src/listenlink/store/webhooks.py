"""Webhooks: where people want to be told of their links and tracks."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Row, and_, delete, func, insert, select, update

from listenlink.model.listing import Found, Slice, found
from listenlink.model.owner import Owner
from listenlink.model.webhook import Fares, PauseReason, Webhook
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own
from listenlink.store.slices import newest_first, place_of

_WEBHOOKS = tables.webhooks
_DELIVERIES = tables.deliveries
_THERE = _WEBHOOKS.c.removed_at.is_(None)
_DELETED_PER_STEP = 500
_IN_VAIN = (PauseReason.GONE.value, PauseReason.GIVEN_UP.value)


class Failing(NamedTuple):
    """How often in a row something failed, since when (epoch µs), and when anything last arrived."""

    failures: int
    since: int
    arrived_at: int | None


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
    counted = select(func.count()).select_from(_WEBHOOKS).where(own(_WEBHOOKS, *owner), _THERE)
    return int(connection.execute(counted).scalar_one())


def find_webhook(connection: Connection, webhook_id: int) -> Webhook | None:
    """Return a webhook, whosever it is; None if there is none or it was removed."""
    asked = select(_WEBHOOKS).where(_WEBHOOKS.c.id == webhook_id, _THERE)
    row = connection.execute(asked).one_or_none()
    return None if row is None else _webhook(row)


def find_own_webhook(connection: Connection, owner: Owner, webhook_id: int) -> Webhook | None:
    """Return a webhook if it's this user's."""
    webhook = find_webhook(connection, webhook_id)
    return webhook if webhook is not None and webhook.owner == owner else None


def list_webhooks(connection: Connection, owner: Owner, part: Slice) -> Found[Webhook]:
    """A slice of a user's webhooks, the newest first."""
    query = select(_WEBHOOKS).where(own(_WEBHOOKS, *owner), _THERE)
    rows = connection.execute(newest_first(query, _WEBHOOKS, part)).all()
    return found(rows, part, _webhook, place_of)


def find_fares(connection: Connection, organization_id: int) -> Fares:
    """How an organisation's webhooks fare."""
    theirs = and_(_WEBHOOKS.c.organization_id == organization_id, _THERE)
    off = func.count().filter(_WEBHOOKS.c.pause_reason.in_(_IN_VAIN))
    counted = connection.execute(select(func.count(), off).where(theirs)).one()
    waiting = connection.execute(
        select(func.count(), func.count(_DELIVERIES.c.failure))
        .join(_WEBHOOKS, _WEBHOOKS.c.id == _DELIVERIES.c.webhook_id)
        .where(theirs, _DELIVERIES.c.due_at.is_not(None))
    ).one()
    return Fares(*counted, *waiting)


def pause_webhook(
    connection: Connection, webhook_id: int, now_us: int | None, reason: PauseReason | None
) -> None:
    """Send nothing there from now on; with None, send again."""
    connection.execute(
        update(_WEBHOOKS)
        .where(_WEBHOOKS.c.id == webhook_id)
        .values(
            paused_at=now_us, pause_reason=reason, rests_until=None, failures=0, failing_since=None
        )
    )
    if now_us is not None:
        connection.execute(
            update(_DELIVERIES)
            .where(_DELIVERIES.c.webhook_id == webhook_id, _DELIVERIES.c.due_at.is_not(None))
            .values(due_at=None, taken_until=None, ended_at=now_us)
        )


def note_arrival(connection: Connection, webhook_id: int, now_us: int) -> None:
    """Something arrived there: it's as if nothing had ever failed."""
    connection.execute(
        update(_WEBHOOKS)
        .where(_WEBHOOKS.c.id == webhook_id)
        .values(arrived_at=now_us, rests_until=None, failures=0, failing_since=None)
    )


def note_failure(connection: Connection, webhook_id: int, now_us: int) -> Failing:
    """Something failed there; return how it fares."""
    connection.execute(
        update(_WEBHOOKS)
        .where(_WEBHOOKS.c.id == webhook_id)
        .values(
            failures=_WEBHOOKS.c.failures + 1,
            failing_since=func.coalesce(_WEBHOOKS.c.failing_since, now_us),
        )
    )
    asked = select(_WEBHOOKS.c.failures, _WEBHOOKS.c.failing_since, _WEBHOOKS.c.arrived_at)
    row = connection.execute(asked.where(_WEBHOOKS.c.id == webhook_id)).one()
    return Failing(*row)


def let_rest(connection: Connection, webhook_id: int, until_us: int | None) -> None:
    """Send nothing there until then, whatever is due; with None, from now on again."""
    connection.execute(
        update(_WEBHOOKS).where(_WEBHOOKS.c.id == webhook_id).values(rests_until=until_us)
    )


def remove_webhooks(
    connection: Connection, owner: Owner, now_us: int, webhook_id: int | None = None
) -> bool:
    """Remove a user's webhooks, or that one of them; False if there was none. What was sent there, which can
    be much, goes by and by (`delete_removed`)."""
    theirs = own(_WEBHOOKS, *owner) & _THERE
    if webhook_id is not None:
        theirs &= _WEBHOOKS.c.id == webhook_id
    removed = update(_WEBHOOKS).where(theirs).values(removed_at=now_us, sealed=b"", shown="")
    return connection.execute(removed).rowcount > 0


def delete_removed(connection: Connection) -> int:
    """Delete some of what was sent to removed webhooks, and those of which nothing is left; return how many
    rows. Call until it returns 0."""
    removed = select(_WEBHOOKS.c.id).where(_WEBHOOKS.c.removed_at.is_not(None))
    number = connection.execute(removed.limit(1)).scalar_one_or_none()
    if number is None:
        return 0
    some = (
        select(_DELIVERIES.c.id)
        .where(_DELIVERIES.c.webhook_id == number)
        .limit(_DELETED_PER_STEP)
        .scalar_subquery()
    )
    gone = connection.execute(delete(_DELIVERIES).where(_DELIVERIES.c.id.in_(some))).rowcount
    return gone or connection.execute(delete(_WEBHOOKS).where(_WEBHOOKS.c.id == number)).rowcount


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
