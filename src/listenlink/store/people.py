"""Organisations, users, memberships and API keys."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from listenlink.model import api_key as keys
from listenlink.model.api_key import ApiKey
from listenlink.model.ids import USER, public_id
from listenlink.model.owner import Owner
from listenlink.store import api_keys, credentials, sign_in_links, tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own

_KEYS_OF_MEMBERS = (
    select(
        tables.api_keys.c.id,
        tables.api_keys.c.organization_id,
        tables.api_keys.c.user_id,
        tables.api_keys.c.scopes,
        tables.api_keys.c.expires_at,
        tables.api_keys.c.deactivated_at,
        tables.suspensions.c.suspended_at,
    )
    .join(
        tables.memberships,
        (tables.memberships.c.organization_id == tables.api_keys.c.organization_id)
        & (tables.memberships.c.user_id == tables.api_keys.c.user_id),
    )
    .outerjoin(
        tables.suspensions,
        tables.suspensions.c.organization_id == tables.api_keys.c.organization_id,
    )
)


def add_organization(connection: Connection, name: str, now_us: int) -> int:
    """Add an organisation and return its number."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(tables.organizations).values(id=number, name=name, created_at=now_us)
        ),
    )


def add_user(connection: Connection, email: str, now_us: int) -> int:
    """Add a user and return their number. Raises IntegrityError if the address is taken."""
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
    """Store a key as its digest and return its number."""
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
    """Return the key with this digest if its user is still a member of its organisation."""
    return _find_key(connection, tables.api_keys.c.digest == digest)


def find_key_again(connection: Connection, key_id: int) -> ApiKey | None:
    """Return the key with this number if its user is still a member of its organisation."""
    return _find_key(connection, tables.api_keys.c.id == key_id)


def _find_key(connection: Connection, which: ColumnElement[bool]) -> ApiKey | None:
    row = connection.execute(_KEYS_OF_MEMBERS.where(which)).one_or_none()
    if row is None:
        return None
    return ApiKey(
        row.id,
        row.organization_id,
        row.user_id,
        frozenset(row.scopes.split()),
        row.expires_at,
        row.deactivated_at,
        row.suspended_at,
    )


def find_organization(connection: Connection, organization_id: int) -> str | None:
    """Return the organisation's name, or None if there is no such organisation."""
    table = tables.organizations
    return connection.execute(
        select(table.c.name).where(table.c.id == organization_id)
    ).scalar_one_or_none()


def list_organizations(connection: Connection) -> list[tuple[int, str, int, int]]:
    """List each organisation's number, name, member count and creation time, oldest first."""
    table, members = tables.organizations, tables.memberships
    count = (
        select(func.count())
        .where(members.c.organization_id == table.c.id)
        .correlate(table)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(table.c.id, table.c.name, count, table.c.created_at).order_by(
            table.c.created_at, table.c.id
        )
    )
    return [(number, name, members, at) for number, name, members, at in rows]


def is_anybody(connection: Connection) -> bool:
    """Whether there is any organisation."""
    return connection.execute(select(tables.organizations.c.id).limit(1)).first() is not None


def find_user(connection: Connection, email: str) -> int | None:
    """Return the number of the user with this address, ignoring case."""
    table = tables.users
    return connection.execute(
        select(table.c.id)
        .where(func.lower(table.c.email) == email.lower())
        .order_by(table.c.created_at)
        .limit(1)
    ).scalar_one_or_none()


def find_email(connection: Connection, user_id: int) -> str | None:
    """Return the user's address, or None if there is no such user."""
    table = tables.users
    return connection.execute(
        select(table.c.email).where(table.c.id == user_id)
    ).scalar_one_or_none()


def find_role(connection: Connection, organization_id: int, user_id: int) -> str | None:
    """Return the user's role in the organisation, or None if they aren't a member."""
    members = tables.memberships
    return connection.execute(
        select(members.c.role).where(own(members, organization_id, user_id))
    ).scalar_one_or_none()


def list_members(
    connection: Connection, organization_id: int | None
) -> list[tuple[int, str, int, str]]:
    """List (user, e-mail, organisation, role) of all memberships, or one organisation's, by e-mail."""
    users, members = tables.users, tables.memberships
    chosen = select(users.c.id, users.c.email, members.c.organization_id, members.c.role).join(
        members, members.c.user_id == users.c.id
    )
    if organization_id is not None:
        chosen = chosen.where(members.c.organization_id == organization_id)
    rows = connection.execute(chosen.order_by(users.c.email, members.c.created_at))
    return [(user, email, organization, role) for user, email, organization, role in rows]


def find_first_member(connection: Connection) -> Owner | None:
    """Return the member that the instance was created with, or None."""
    members = tables.memberships
    row = connection.execute(
        select(members.c.organization_id, members.c.user_id).order_by(members.c.created_at).limit(1)
    ).one_or_none()
    return None if row is None else Owner(row.organization_id, row.user_id)


def list_owners(connection: Connection, organization_id: int) -> list[tuple[int, str]]:
    """List the organisation's owners, (user, e-mail), who has been a member for longest first."""
    users, members = tables.users, tables.memberships
    rows = connection.execute(
        select(users.c.id, users.c.email)
        .join(members, members.c.user_id == users.c.id)
        .where(members.c.organization_id == organization_id, members.c.role == "owner")
        .order_by(members.c.created_at, users.c.id)
    )
    return [(user_id, email) for user_id, email in rows]


def list_memberships(connection: Connection, user_id: int) -> dict[int, str]:
    """Return the user's role in each organisation that they are a member of, the oldest first."""
    members = tables.memberships
    rows = connection.execute(
        select(members.c.organization_id, members.c.role)
        .where(members.c.user_id == user_id)
        .order_by(members.c.created_at, members.c.organization_id)
    )
    return {row.organization_id: row.role for row in rows}


def end_keys(connection: Connection, organization_id: int, user_id: int, now_us: int) -> int:
    """Deactivate all of the user's keys of the organisation; return how many."""
    keys = tables.api_keys
    live = own(keys, organization_id, user_id) & keys.c.deactivated_at.is_(None)
    return connection.execute(update(keys).where(live).values(deactivated_at=now_us)).rowcount


def remove_member(connection: Connection, organization_id: int, user_id: int) -> None:
    """Remove the user, their keys and their sign-ins from the organisation."""
    api_keys.forget_uses(connection, organization_id, user_id)
    for table in (tables.api_keys, tables.sign_ins, tables.memberships):
        connection.execute(delete(table).where(own(table, organization_id, user_id)))


def forget_user(connection: Connection, user_id: int) -> None:
    """Delete a user who is nowhere a member any more, and what they were known by. If rows still refer to
    them, as ended links do, theirs stays without their e-mail."""
    users = tables.users
    sign_in_links.forget_links(connection, user_id)
    credentials.forget_credentials(connection, user_id)
    try:
        with connection.begin_nested():
            connection.execute(delete(users).where(users.c.id == user_id))
    except IntegrityError:
        # Nobody's address: it has no @.
        nobody = f"removed {public_id(USER, user_id)}"
        connection.execute(update(users).where(users.c.id == user_id).values(email=nobody))
