"""API keys as their users and the operator see them. To look up a key that was sent see `store/people.py`."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Row, select, update

from listenlink.model.api_key import ListedKey
from listenlink.model.owner import Owner
from listenlink.store import tables

_KEYS = tables.api_keys


def list_keys(
    connection: Connection, organization_id: int, user_id: int, limit: int, offset: int
) -> list[ListedKey]:
    """List a user's keys in an organisation, newest first."""
    own = (_KEYS.c.organization_id == organization_id) & (_KEYS.c.user_id == user_id)
    return _list(connection, own, limit, offset)


def list_all_keys(connection: Connection, organization_id: int | None) -> list[ListedKey]:
    """List everybody's keys, or those in one organisation if it's given, newest first."""
    if organization_id is None:
        return _list(connection, _KEYS.c.id.is_not(None), None, 0)
    return _list(connection, _KEYS.c.organization_id == organization_id, None, 0)


def find_key(connection: Connection, key_id: int) -> ListedKey | None:
    """Return the key with this number, or None."""
    row = connection.execute(select(_KEYS).where(_KEYS.c.id == key_id)).one_or_none()
    return None if row is None else _listed(row)


def deactivate_key(
    connection: Connection, key_id: int, now_us: int, owner: Owner | None = None
) -> bool:
    """Deactivate a key, or find it deactivated; False if there is none, or none of `owner`'s.

    `owner` is (organisation, user); None means anybody's, for the operator.
    """
    of_theirs = _KEYS.c.id == key_id
    if owner is not None:
        of_theirs &= (_KEYS.c.organization_id == owner[0]) & (_KEYS.c.user_id == owner[1])
    connection.execute(
        update(_KEYS)
        .where(of_theirs, _KEYS.c.deactivated_at.is_(None))
        .values(deactivated_at=now_us)
    )
    return connection.execute(select(_KEYS.c.id).where(of_theirs)).one_or_none() is not None


def _list(
    connection: Connection, which: ColumnElement[bool], limit: int | None, offset: int
) -> list[ListedKey]:
    newest_first = (_KEYS.c.created_at.desc(), _KEYS.c.id.desc())
    rows = connection.execute(
        select(_KEYS).where(which).order_by(*newest_first).limit(limit).offset(offset)
    )
    return [_listed(row) for row in rows]


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
    )
