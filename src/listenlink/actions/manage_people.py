"""Organisations, users and their keys, for the operator: on the folder itself, alongside a running server."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.manage_keys import NewKey, add_key, ends_at
from listenlink.errors import RefusesToStart
from listenlink.model import ids
from listenlink.model.api_key import ROLES, SCOPES, are_scopes, may_last
from listenlink.model.email import is_email
from listenlink.model.one_line import one_line
from listenlink.store import api_keys, people
from listenlink.wire.bodies import MAX_DAYS_OF_A_KEY

_NAME_LENGTH = 512


@dataclass(frozen=True, slots=True)
class NewMember:
    """The numbers of the organisation and the user, and the key that was made."""

    organization_id: int
    user_id: int
    key: NewKey


def add_organization(connection: Connection, name: str, email: str, now_us: int) -> NewMember:
    """Add an organisation with its owner, who may already be a user. Raises RefusesToStart."""
    name = name.strip()
    check_organization_name(name)
    check_email(email)
    organization_id = people.add_organization(connection, name, now_us)
    return add_member(connection, organization_id, email, "owner", now_us)


def add_member(
    connection: Connection, organization_id: int, email: str, role: str, now_us: int
) -> NewMember:
    """Add a user, new or found by e-mail, to an organisation, with a key that has all the role's scopes.

    Raises RefusesToStart, having changed nothing.
    """
    if role not in ROLES:
        raise RefusesToStart(f"a role is one of: {', '.join(ROLES)}")
    check_email(email)
    check_organization(connection, organization_id)
    user_id = people.find_user(connection, email)
    if user_id is None:
        user_id = people.add_user(connection, email, now_us)
    elif people.find_role(connection, organization_id, user_id) is not None:
        raise RefusesToStart(f"{email} is a member already; for another key: listenlink key add")
    people.add_membership(connection, organization_id, user_id, role, now_us)
    key = add_key(connection, organization_id, user_id, ROLES[role], now_us, None)
    return NewMember(organization_id, user_id, key)


def add_key_for(
    connection: Connection,
    organization_id: int,
    user: str,
    scopes: str | None,
    expires_in_days: int | None,
    now_us: int,
) -> NewMember:
    """Add another key for a member, given by id or e-mail. Raises RefusesToStart.

    `scopes` is separated by commas; None means all that the member's role may have.
    """
    check_organization(connection, organization_id)
    user_id = ids.parse_id(ids.USER, user)
    if user_id is None:
        user_id = people.find_user(connection, user)
    role = "" if user_id is None else people.find_role(connection, organization_id, user_id) or ""
    if user_id is None or role not in ROLES:
        raise RefusesToStart(f"{user} isn't a member of this organisation")
    if not may_last(expires_in_days):
        raise RefusesToStart(f"a key lasts 1 to {MAX_DAYS_OF_A_KEY} days")
    asked = ROLES[role] if scopes is None else _read_scopes(scopes)
    if not asked <= ROLES[role]:
        raise RefusesToStart(f"only an owner's key may have the scope admin; {user} is a {role}")
    end = ends_at(expires_in_days, now_us)
    key = add_key(connection, organization_id, user_id, asked, now_us, end)
    return NewMember(organization_id, user_id, key)


def revoke_key(connection: Connection, key_id: int, now_us: int) -> None:
    """Deactivate anybody's key; doing it again changes nothing. Raises RefusesToStart if there is none."""
    if not api_keys.deactivate_key(connection, key_id, now_us):
        raise RefusesToStart(f"there is no key {ids.public_id(ids.API_KEY, key_id)}")


def _read_scopes(text: str) -> frozenset[str]:
    scopes = frozenset(part.strip() for part in text.split(","))
    if not are_scopes(scopes):
        raise RefusesToStart(f"scopes are of: {','.join(SCOPES)}")
    return scopes


def check_organization_name(name: str) -> None:
    """Raise RefusesToStart if the name is too long, or holds what can't be seen on a line."""
    if not 1 <= len(name) <= _NAME_LENGTH or one_line(name) != name:
        raise RefusesToStart(
            f"the name of an organisation has 1 to {_NAME_LENGTH} printable characters"
        )


def check_email(email: str) -> None:
    """Raise RefusesToStart if the text isn't like an e-mail address, or holds what can't be seen."""
    if not is_email(email):
        raise RefusesToStart(f"{email!a} isn't an e-mail address")


def check_organization(connection: Connection, organization_id: int) -> None:
    """Raise RefusesToStart if there is no such organisation."""
    if people.find_organization(connection, organization_id) is None:
        raise RefusesToStart(
            f"there is no organisation {ids.public_id(ids.ORGANIZATION, organization_id)}; "
            "see: listenlink org list"
        )
