"""Organisations, users, memberships and API keys."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from listenlink.model import api_key as keys
from listenlink.model.api_key import ApiKey
from listenlink.store import tables
from listenlink.store.database import insert_with_new_id


def add_organization(connection: Connection, name: str, now_us: int) -> int:
    """A new organisation's number."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(tables.organizations).values(id=number, name=name, created_at=now_us)
        ),
    )


def add_user(connection: Connection, email: str, now_us: int) -> int:
    """A new user's number. Raises IntegrityError if the address is taken."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(tables.users).values(id=number, email=email, created_at=now_us)
        ),
    )


def add_membership(
    connection: Connection, organization_id: int, user_id: int, role: str, now_us: int
) -> None:
    """Make the user a member of the organisation."""
    connection.execute(
        insert(tables.memberships).values(
            organization_id=organization_id, user_id=user_id, role=role, created_at=now_us
        )
    )


def add_api_key(
    connection: Connection,
    raw_key: str,
    organization_id: int,
    user_id: int,
    scopes: frozenset[str],
    now_us: int,
    expires_at: int | None = None,
) -> int:
    """Store a key as its digest; its number."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(tables.api_keys).values(
                id=number,
                digest=keys.digest(raw_key),
                shown_prefix=keys.shown_prefix(raw_key),
                organization_id=organization_id,
                user_id=user_id,
                scopes=" ".join(sorted(scopes)),
                created_at=now_us,
                expires_at=expires_at,
            )
        ),
    )


def find_api_key(connection: Connection, digest: bytes) -> ApiKey | None:
    """The key of a user who still is a member of the key's organisation."""
    table, members = tables.api_keys, tables.memberships
    row = connection.execute(
        select(
            table.c.id,
            table.c.organization_id,
            table.c.user_id,
            table.c.scopes,
            table.c.expires_at,
            table.c.deactivated_at,
        )
        .join(
            members,
            (members.c.organization_id == table.c.organization_id)
            & (members.c.user_id == table.c.user_id),
        )
        .where(table.c.digest == digest)
    ).one_or_none()
    if row is None:
        return None
    return ApiKey(
        row.id,
        row.organization_id,
        row.user_id,
        frozenset(row.scopes.split()),
        row.expires_at,
        row.deactivated_at,
    )


def find_first_member(connection: Connection) -> tuple[int, int] | None:
    """The (organisation, user) that the instance was made with, or None."""
    members = tables.memberships
    row = connection.execute(
        select(members.c.organization_id, members.c.user_id).order_by(members.c.created_at).limit(1)
    ).one_or_none()
    return None if row is None else (row.organization_id, row.user_id)
