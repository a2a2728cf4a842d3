"""What is on its way to webhooks: who sends something takes it for a while, so that two nodes don't both.

A node that dies has what it took for no longer than that; then it's sent again. Of one webhook one delivery
is taken at a time, and a few of one user's: a receiver that hangs holds up its own alone, and of each a
killed node repeats one. A webhook that failed rests. A time that's further ahead than any that is set is of a
clock that was set back, and holds up nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, func, or_, select, update

from listenlink.clock import DAY_US, HOUR_US
from listenlink.model.delivery import Delivery
from listenlink.model.listing import Found, Slice, found
from listenlink.store import tables
from listenlink.store.slices import newest_first, place_of

_DELIVERIES = tables.deliveries
_NOTICES = tables.notices
_WEBHOOKS = tables.webhooks


class Taken(NamedTuple):
    """A delivery that this node sends now; this is its `attempts`-th time."""

    id: int
    webhook_id: int
    notice_id: int
    attempts: int
    created_at: int


_LISTED = select(
    *(_DELIVERIES.c[name] for name in Delivery._fields if name in _DELIVERIES.c),
    _NOTICES.c.type,
    _NOTICES.c.number.label("message_id"),
).join(_NOTICES, _NOTICES.c.id == _DELIVERIES.c.notice_id)


_MOST_OF_A_USER = 4
# Nothing is taken for so long, nor put off.
_NEVER_TAKEN_US, _NEVER_OFF_US = HOUR_US, 2 * DAY_US

# Of whose organisation is suspended nothing is sent until it's resumed.
_IS_SUSPENDED = _WEBHOOKS.c.organization_id.in_(select(tables.suspensions.c.organization_id))


def take_due(connection: Connection, now_us: int, until_us: int, limit: int) -> list[Taken]:
    """Take what is due, the longest due first, one of each webhook of which nothing is taken. Runs in a
    writing transaction."""
    numbers = [_first_of(connection, *one) for one in _find_due(connection, now_us, limit)]
    chosen = _DELIVERIES.c.id.in_(numbers)
    connection.execute(
        update(_DELIVERIES)
        .where(chosen)
        .values(taken_until=until_us, attempts=_DELIVERIES.c.attempts + 1)
    )
    columns = (_DELIVERIES.c[name] for name in Taken._fields)
    return [Taken(*row) for row in connection.execute(select(*columns).where(chosen))]


def is_any_due(connection: Connection, now_us: int) -> bool:
    """Whether `take_due` has anything to take."""
    # Nearly always nothing is, and that is asked of one index.
    is_open = _DELIVERIES.c.due_at.is_not(None)
    first, last = (
        select(one(_DELIVERIES.c.due_at)).where(is_open).scalar_subquery()
        for one in (func.min, func.max)
    )
    is_due = or_(first <= now_us, last > now_us + _NEVER_OFF_US)
    if not connection.execute(select(is_due)).scalar_one():
        return False
    return bool(_find_due(connection, now_us, 1))


def _find_due(connection: Connection, now_us: int, limit: int) -> list[tuple[int, int]]:
    """Webhooks to which something is to be sent now, and what is due there first, by when. Each is looked up
    by itself: how much waits for one costs nothing."""
    asked = {
        "now": now_us,
        "never_off": now_us + _NEVER_OFF_US,
        "never_taken": now_us + _NEVER_TAKEN_US,
        "most": limit,
    }
    return [(row.id, row.due_at) for row in connection.execute(_DUE, asked)]


def _is_past(at: ColumnElement[Any]) -> ColumnElement[bool]:
    return or_(at <= bindparam("now"), at > bindparam("never_off"))


def _write_due() -> Select[tuple[int, int]]:
    """Written once: it's asked for once a second and more."""
    taken_until = _DELIVERIES.c.taken_until
    is_taken = and_(taken_until > bindparam("now"), taken_until <= bindparam("never_taken"))
    taken = select(_DELIVERIES.c.webhook_id).where(is_taken)
    soonest = (
        select(func.min(_DELIVERIES.c.due_at))
        .where(_DELIVERIES.c.webhook_id == _WEBHOOKS.c.id, _DELIVERIES.c.due_at.is_not(None))
        .correlate(_WEBHOOKS)
        .scalar_subquery()
    )
    rests_not = or_(_WEBHOOKS.c.rests_until.is_(None), _is_past(_WEBHOOKS.c.rests_until))
    first = (
        select(_WEBHOOKS.c.id, _WEBHOOKS.c.user_id, soonest.label("due_at"))
        .where(_WEBHOOKS.c.paused_at.is_(None), _WEBHOOKS.c.removed_at.is_(None))
        .where(rests_not, _WEBHOOKS.c.id.not_in(taken), ~_IS_SUSPENDED)
        .subquery()
    )
    order = func.row_number().over(partition_by=first.c.user_id, order_by=first.c.due_at)
    due = select(first, order.label("place")).where(_is_past(first.c.due_at)).subquery()
    busy = (
        select(_WEBHOOKS.c.user_id, func.count().label("taken"))
        .join(_DELIVERIES, _DELIVERIES.c.webhook_id == _WEBHOOKS.c.id)
        .where(is_taken)
        .group_by(_WEBHOOKS.c.user_id)
        .subquery()
    )
    return (
        select(due.c.id, due.c.due_at)
        .outerjoin(busy, busy.c.user_id == due.c.user_id)
        .where(due.c.place + func.coalesce(busy.c.taken, 0) <= _MOST_OF_A_USER)
        .order_by(due.c.due_at)
        .limit(bindparam("most"))
    )


_DUE = _write_due()


def _first_of(connection: Connection, webhook_id: int, due_at: int) -> int:
    """Of equals the first by number, so that it's one."""
    number: int = connection.execute(
        select(func.min(_DELIVERIES.c.id)).where(
            _DELIVERIES.c.webhook_id == webhook_id, _DELIVERIES.c.due_at == due_at
        )
    ).scalar_one()
    return number


def end(
    connection: Connection, taken: Taken, now_us: int, status: int | None, failure: str | None
) -> bool:
    """It arrived, or it's given up, with what was answered last; False if that was another node's to say."""
    return _change(connection, taken, status, failure, due_at=None, ended_at=now_us)


def put_off(
    connection: Connection, taken: Taken, due_at: int, status: int | None, failure: str
) -> bool:
    """It failed, and is due again then; False if that was another node's to say, or it's over."""
    return _change(connection, taken, status, failure, due_at=due_at)


def _change(
    connection: Connection,
    taken: Taken,
    status: int | None,
    failure: str | None,
    **when: int | None,
) -> bool:
    # What was taken by another node meanwhile, because this one was too slow, is that one's to settle.
    ours = and_(_DELIVERIES.c.id == taken.id, _DELIVERIES.c.attempts == taken.attempts)
    if failure is not None:
        # What ended meanwhile, because the webhook is paused or removed, stays so.
        ours &= _DELIVERIES.c.ended_at.is_(None)
    values = {"status": status, "failure": failure, "taken_until": None, **when}
    return connection.execute(update(_DELIVERIES).where(ours).values(**values)).rowcount > 0


def list_deliveries(connection: Connection, webhook_id: int, part: Slice) -> Found[Delivery]:
    """A slice of a webhook's deliveries, the newest first."""
    query = _LISTED.where(_DELIVERIES.c.webhook_id == webhook_id)
    rows = connection.execute(newest_first(query, _DELIVERIES, part)).all()
    return found(rows, part, _delivery, place_of)


def find_failing_since(connection: Connection, webhook_id: int) -> int | None:
    """Since when what waits for a webhook fails, in epoch µs; None if nothing does."""
    failing = select(func.min(_DELIVERIES.c.created_at)).where(
        _DELIVERIES.c.webhook_id == webhook_id,
        _DELIVERIES.c.due_at.is_not(None),
        _DELIVERIES.c.failure.is_not(None),
    )
    since: int | None = connection.execute(failing).scalar_one()
    return since


def get_delivery(connection: Connection, delivery_id: int) -> Delivery:
    """The delivery with this number, which there is."""
    return _delivery(connection.execute(_LISTED.where(_DELIVERIES.c.id == delivery_id)).one())


def _delivery(row: Any) -> Delivery:
    return Delivery(**row._mapping)


def count_asked(connection: Connection, webhook_id: int, since_us: int) -> int:
    """How many deliveries the webhook's owner asked for since then."""
    asked = select(func.count()).where(
        _DELIVERIES.c.webhook_id == webhook_id,
        _DELIVERIES.c.created_at > since_us,
        _DELIVERIES.c.is_asked == 1,
    )
    return int(connection.execute(asked).scalar_one())


def find_notice_of(connection: Connection, webhook_id: int, delivery_id: int) -> int | None:
    """The number of the notice that this delivery is of, None if the webhook has no such delivery."""
    asked = select(_DELIVERIES.c.notice_id).where(
        _DELIVERIES.c.id == delivery_id, _DELIVERIES.c.webhook_id == webhook_id
    )
    notice_id: int | None = connection.execute(asked).scalar_one_or_none()
    return notice_id
