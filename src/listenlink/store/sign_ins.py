"""Sign-ins: made, found by their secret's digest, listed and ended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, or_, select, update

from listenlink.model.sign_in import IDLE_US, LONGEST_US, NOTED_EVERY_US, Method, SignIn
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_SIGN_INS = tables.sign_ins
_DELETED_PER_STEP = 500


def add_sign_in(connection: Connection, sign_in: SignIn, digest: bytes) -> int:
    """Insert it under a fresh number."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_SIGN_INS).values(
                id=number,
                digest=digest,
                user_id=sign_in.user_id,
                organization_id=sign_in.organization_id,
                method=sign_in.method.value,
                browser=sign_in.browser,
                made_at=sign_in.made_at,
                seen_at=sign_in.seen_at,
            )
        ),
    )


def find_sign_in(connection: Connection, digest: bytes, now_us: int) -> SignIn | None:
    """Return the sign-in with this secret's digest, unless it's over."""
    row = connection.execute(
        select(_SIGN_INS).where(_SIGN_INS.c.digest == digest, _is_live(now_us))
    ).one_or_none()
    return None if row is None else _sign_in(row)


def is_live(connection: Connection, sign_in_id: int) -> bool:
    """Whether it wasn't ended, within the transaction that writes for it."""
    found = connection.execute(select(_SIGN_INS.c.id).where(_SIGN_INS.c.id == sign_in_id))
    return found.one_or_none() is not None


def note_use(connection: Connection, sign_in: SignIn, now_us: int) -> None:
    """Note that it was used, if that was noted long ago."""
    connection.execute(
        update(_SIGN_INS)
        .where(_SIGN_INS.c.id == sign_in.id, _SIGN_INS.c.seen_at <= now_us - NOTED_EVERY_US)
        .values(seen_at=now_us)
    )


def change_organization(connection: Connection, sign_in_id: int, organization_id: int) -> None:
    """Let the person act in this organisation from now on."""
    connection.execute(
        update(_SIGN_INS)
        .where(_SIGN_INS.c.id == sign_in_id)
        .values(organization_id=organization_id)
    )


def list_sign_ins(connection: Connection, user_id: int, now_us: int) -> list[SignIn]:
    """Return the user's sign-ins, the one used last first."""
    rows = connection.execute(
        select(_SIGN_INS)
        .where(_SIGN_INS.c.user_id == user_id, _is_live(now_us))
        .order_by(_SIGN_INS.c.seen_at.desc(), _SIGN_INS.c.id)
    )
    return [_sign_in(row) for row in rows]


def end_sign_in(connection: Connection, user_id: int, sign_in_id: int) -> bool:
    """End one of the user's sign-ins; False if there is none of theirs with this number."""
    theirs = (_SIGN_INS.c.user_id == user_id) & (_SIGN_INS.c.id == sign_in_id)
    return connection.execute(delete(_SIGN_INS).where(theirs)).rowcount == 1


def end_all(
    connection: Connection, user_id: int, but: int | None = None, organization_id: int | None = None
) -> None:
    """End the user's sign-ins, all but one, in one organisation alone if it's given."""
    theirs = _SIGN_INS.c.user_id == user_id
    if but is not None:
        theirs &= _SIGN_INS.c.id != but
    if organization_id is not None:
        theirs &= _SIGN_INS.c.organization_id == organization_id
    connection.execute(delete(_SIGN_INS).where(theirs))


def delete_over(connection: Connection, now_us: int) -> int:
    """Delete some that are over; return how many. Call until it returns 0."""
    over = select(_SIGN_INS.c.id).where(~_is_live(now_us)).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_SIGN_INS).where(_SIGN_INS.c.id.in_(over.scalar_subquery()))
    ).rowcount


def _is_live(now_us: int) -> ColumnElement[bool]:
    """`SignIn.ends_at` as a condition."""
    is_over = or_(
        _SIGN_INS.c.seen_at <= now_us - IDLE_US, _SIGN_INS.c.made_at <= now_us - LONGEST_US
    )
    return ~is_over


def _sign_in(row: Row[Any]) -> SignIn:
    return SignIn(
        row.id,
        row.user_id,
        row.organization_id,
        Method(row.method),
        row.browser,
        row.made_at,
        row.seen_at,
    )
