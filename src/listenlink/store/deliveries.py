"""What is on its way to webhooks: who sends something takes it for a while, so that two nodes don't both.

A node that dies has what it took for no longer than that; then it's sent again. Of one webhook one delivery
is taken at a time: a receiver that hangs holds up its own alone, and of each a killed node repeats one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, func, select, update

from listenlink.model.listing import Found, Slice, found
from listenlink.model.webhook import Delivery
from listenlink.store import tables
from listenlink.store.slices import newest_first, place_of

_DELIVERIES = tables.deliveries
_NOTICES = tables.notices


class Taken(NamedTuple):
    """A delivery that this node sends now; this is its `attempts`-th time."""

    id: int
    webhook_id: int
    notice_id: int
    attempts: int


_LISTED = select(
    *(_DELIVERIES.c[name] for name in Delivery._fields if name != "type"), _NOTICES.c.type
).join(_NOTICES, _NOTICES.c.id == _DELIVERIES.c.notice_id)


def take_due(connection: Connection, now_us: int, until_us: int, limit: int) -> list[Taken]:
    """Take what is due, the longest due first, one of each webhook of which nothing is taken. Runs in a
    writing transaction."""
    each, taken = _DELIVERIES.alias(), _DELIVERIES.alias()
    is_taken = exists().where(
        taken.c.webhook_id == each.c.webhook_id,
        taken.c.due_at.is_not(None),
        taken.c.taken_until > now_us,
    )
    # Of equals the first by number, so that it's one.
    first = (
        select(each.c.webhook_id, func.min(each.c.due_at).label("due_at"))
        .where(each.c.due_at <= now_us, ~is_taken)
        .group_by(each.c.webhook_id)
        .subquery()
    )
    number = (
        select(func.min(_DELIVERIES.c.id).label("id"))
        .join(
            first,
            and_(
                _DELIVERIES.c.webhook_id == first.c.webhook_id,
                _DELIVERIES.c.due_at == first.c.due_at,
            ),
        )
        .group_by(_DELIVERIES.c.webhook_id)
        .order_by(func.min(_DELIVERIES.c.due_at))
        .limit(limit)
    )
    numbers = list(connection.execute(number).scalars())
    chosen = _DELIVERIES.c.id.in_(numbers)
    connection.execute(
        update(_DELIVERIES)
        .where(chosen)
        .values(taken_until=until_us, attempts=_DELIVERIES.c.attempts + 1)
    )
    columns = (_DELIVERIES.c[name] for name in Taken._fields)
    return [Taken(*row) for row in connection.execute(select(*columns).where(chosen))]


def find_next_due(connection: Connection) -> int | None:
    """When something is due next, None if nothing waits."""
    due = select(func.min(_DELIVERIES.c.due_at)).where(_DELIVERIES.c.due_at.is_not(None))
    found_at: int | None = connection.execute(due).scalar_one()
    return found_at


def end(
    connection: Connection, taken: Taken, now_us: int, status: int | None, failure: str | None
) -> None:
    """It arrived, or it's given up, with what was answered last."""
    _change(connection, taken, status, failure, due_at=None, ended_at=now_us)


def put_off(
    connection: Connection, taken: Taken, due_at: int, status: int | None, failure: str
) -> None:
    """It failed, and is due again then."""
    _change(connection, taken, status, failure, due_at=due_at)


def _change(
    connection: Connection,
    taken: Taken,
    status: int | None,
    failure: str | None,
    **when: int | None,
) -> None:
    # What was taken by another node meanwhile, because this one was too slow, is that one's to settle.
    ours = and_(_DELIVERIES.c.id == taken.id, _DELIVERIES.c.attempts == taken.attempts)
    values = {"status": status, "failure": failure, "taken_until": None, **when}
    connection.execute(update(_DELIVERIES).where(ours).values(**values))


def list_deliveries(connection: Connection, webhook_id: int, part: Slice) -> Found[Delivery]:
    """A slice of a webhook's deliveries, the newest first."""
    query = _LISTED.where(_DELIVERIES.c.webhook_id == webhook_id)
    rows = connection.execute(newest_first(query, _DELIVERIES, part)).all()
    return found(rows, part, _delivery, place_of)


def get_delivery(connection: Connection, delivery_id: int) -> Delivery:
    """The delivery with this number, which there is."""
    return _delivery(connection.execute(_LISTED.where(_DELIVERIES.c.id == delivery_id)).one())


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._mapping)


def find_notice_of(connection: Connection, webhook_id: int, delivery_id: int) -> int | None:
    """The number of the notice that this delivery is of, None if the webhook has no such delivery."""
    asked = select(_DELIVERIES.c.notice_id).where(
        _DELIVERIES.c.id == delivery_id, _DELIVERIES.c.webhook_id == webhook_id
    )
    notice_id: int | None = connection.execute(asked).scalar_one_or_none()
    return notice_id
