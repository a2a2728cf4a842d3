"""Identifies the caller: turns an API key, or a member, into a caller, or into the exact reason why not.

What a caller writes is written only while they may still, in the same transaction: `write_as`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from listenlink.errors import Problem, ProblemKind
from listenlink.model import api_key, ids
from listenlink.model.api_key import ROLES, ApiKey
from listenlink.model.moment import is_over
from listenlink.model.owner import Owner
from listenlink.store import people, sign_ins, suspensions
from listenlink.store.database.database import Database

_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts: a member of an organisation, within these scopes.

    What they make is `owner`'s, and nothing is the key's: `key_id` says by which key they act, so that it can
    be looked at again, and is None for somebody who acts in person: by `sign_in_id` if in a browser.
    `ends_at` is when that key ends, in epoch µs, None if it doesn't. `sees_all`: what reads links is asked
    about everybody's in the organisation, as owners may (`actions/see_all_links.py`).
    """

    owner: Owner
    scopes: frozenset[str]
    key_id: int | None = None
    ends_at: int | None = None
    sign_in_id: int | None = None
    sees_all: bool = False


async def authenticate(database: Database, raw_key: str | None, now_us: int) -> Caller:
    """Return the caller behind a key. Raises Problem with one of the 401 kinds in docs/api.md, or with
    ORGANIZATION_SUSPENDED for a key that is good."""
    if raw_key is None:
        raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
    if not api_key.is_well_formed(raw_key):
        raise Problem(ProblemKind.INVALID_API_KEY)
    digest = api_key.digest(raw_key)
    found = await database.read(lambda connection: people.find_api_key(connection, digest))
    key = _require_good(found, now_us)
    return Caller(Owner(key.organization_id, key.user_id), key.scopes, key.id, key.expires_at)


async def act_in_person(database: Database, owner: Owner) -> Caller:
    """Return a member as a caller without a key, with all that their role allows; whoever asks knows that
    it's them. Raises Problem: ORGANIZATION_ACCESS_DENIED for no member, ORGANIZATION_SUSPENDED."""
    return Caller(owner, await database.read(lambda connection: _require_member(connection, owner)))


async def write_as(
    database: Database, caller: Caller, work: Callable[[Connection], _Done]
) -> _Done:
    """`database.write` for a caller, who must still be one. Raises what `require_standing` raises."""

    def write(connection: Connection) -> _Done:
        require_standing(connection, caller)
        return work(connection)

    return await database.write(write)


def require_standing(connection: Connection, caller: Caller) -> None:
    """Raise Problem unless the caller may still act, within the transaction that writes for them.

    Between the guard and this a request may have run for hours. Meanwhile its key may have been
    deactivated, the sign-in ended, its user removed, or its organisation suspended: once that is
    acknowledged, nothing more is written by them. A key that expires meanwhile has its request finished.
    """
    if caller.key_id is not None:
        _require_good(people.find_key_again(connection, caller.key_id), None)
        return
    if caller.sign_in_id is not None and not sign_ins.is_live(connection, caller.sign_in_id):
        raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
    if not caller.scopes <= _require_member(connection, caller.owner):
        raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)


def require_owner(connection: Connection, caller: Caller) -> None:
    """Raise Problem(INSUFFICIENT_PERMISSIONS) unless the caller is an owner of their organisation now."""
    if people.find_role(connection, *caller.owner) != "owner":
        raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)


def _require_member(connection: Connection, owner: Owner) -> frozenset[str]:
    """The scopes of a member's role."""
    scopes = ROLES.get(people.find_role(connection, *owner) or "")
    if scopes is None:
        raise Problem(ProblemKind.ORGANIZATION_ACCESS_DENIED)
    if suspensions.find_suspension(connection, owner.organization_id) is not None:
        raise Problem(ProblemKind.ORGANIZATION_SUSPENDED)
    return scopes


def _require_good(key: ApiKey | None, now_us: int | None) -> ApiKey:
    if key is None:
        raise Problem(ProblemKind.INVALID_API_KEY)
    if key.deactivated_at is not None:
        raise Problem(ProblemKind.API_KEY_DEACTIVATED)
    if now_us is not None and is_over(key.expires_at, now_us):
        raise Problem(ProblemKind.API_KEY_EXPIRED)
    if key.suspended_at is not None:
        raise Problem(ProblemKind.ORGANIZATION_SUSPENDED)
    return key


def require_access(caller: Caller, organization: str | None, scope: str) -> None:
    """Raise Problem unless the caller acts in this organisation and has the scope.

    An organisation that doesn't exist gets the same answer as one the caller isn't a member of. None
    (the route names no organisation) means the caller's own.
    """
    if organization is not None and (
        ids.parse_id(ids.ORGANIZATION, organization) != caller.owner.organization_id
    ):
        raise Problem(ProblemKind.ORGANIZATION_ACCESS_DENIED)
    if scope not in caller.scopes:
        raise Problem(ProblemKind.INSUFFICIENT_SCOPE, scope=scope)
