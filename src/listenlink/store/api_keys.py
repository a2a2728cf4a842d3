"""API keys as their users and the operator see them. To look up a key that was sent see `store/people.py`."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Row, delete, null, select, text, update

from listenlink.model.api_key import ListedKey
from listenlink.model.listing import Found, Slice, found
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.own import own
from listenlink.store.slices import newest_first, place_of

_KEYS, _USES = tables.api_keys, tables.api_key_uses
_NO_DAY = null().label("day")
# Of a key that is gone by now, nothing is noted.
_NOTE_USE = text("""
INSERT INTO api_key_uses (key_id, day)
SELECT id, :day FROM api_keys WHERE id = :key
ON CONFLICT (key_id) DO UPDATE SET day = excluded.day WHERE excluded.day > api_key_uses.day
""")


def list_keys(
    connection: Connection, organization_id: int, user_id: int, part: Slice
) -> Found[ListedKey]:
    """List a slice of a user's keys in an organisation, newest first."""
    theirs = (
        select(_KEYS, _USES.c.day)
        .outerjoin(_USES, _USES.c.key_id == _KEYS.c.id)
        .where(own(_KEYS, organization_id, user_id))
    )
    rows = connection.execute(newest_first(theirs, _KEYS, part)).all()
    return found(rows, part, _listed, place_of)


def list_all_keys(connection: Connection, organization_id: int | None) -> list[ListedKey]:
    """List everybody's keys, or those in one organisation if it's given, newest first."""
    query = select(_KEYS, _NO_DAY).order_by(_KEYS.c.created_at.desc(), _KEYS.c.id.desc())
    if organization_id is not None:
        query = query.where(_KEYS.c.organization_id == organization_id)
    return [_listed(row) for row in connection.execute(query)]


def find_key(connection: Connection, key_id: int) -> ListedKey | None:
    """Return the key with this number, or None."""
    query = select(_KEYS, _NO_DAY).where(_KEYS.c.id == key_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _listed(row)


def change_end(connection: Connection, key_id: int, expires_at: int | None) -> None:
    """Have a key end then (epoch µs), None for never."""
    connection.execute(update(_KEYS).where(_KEYS.c.id == key_id).values(expires_at=expires_at))


def note_uses(connection: Connection, days: Mapping[int, int]) -> None:
    """Note that these keys were used, each on its UTC day, counted from 1970."""
    connection.execute(_NOTE_USE, [{"key": key, "day": day} for key, day in days.items()])


def forget_uses(connection: Connection, organization_id: int, user_id: int) -> None:
    """Delete what is noted of the user's keys of the organisation."""
    theirs = select(_KEYS.c.id).where(own(_KEYS, organization_id, user_id))
    connection.execute(delete(_USES).where(_USES.c.key_id.in_(theirs)))


def deactivate_key(
    connection: Connection, key_id: int, now_us: int, owner: Owner | None = None
) -> bool:
    """Deactivate a key, or find it deactivated; False if there is none, or none of `owner`'s.

    `owner` is (organisation, user); None means anybody's, for the operator.
    """
    of_theirs = _KEYS.c.id == key_id
    if owner is not None:
        of_theirs &= own(_KEYS, *owner)
    connection.execute(
        update(_KEYS)
        .where(of_theirs, _KEYS.c.deactivated_at.is_(None))
        .values(deactivated_at=now_us)
    )
    return connection.execute(select(_KEYS.c.id).where(of_theirs)).one_or_none() is not None


def _listed(row: Row[tuple[object, ...]]) -> ListedKey:
    return ListedKey(
        id=row.id,
        organization_id=row.organization_id,
        user_id=row.user_id,
        shown_prefix=row.shown_prefix,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        deactivated_at=row.deactivated_at,
        used_day=row.day,
    )
