"""Identifies the caller: turns an API key into a caller, or into the exact reason why not.

What a caller writes is written only while their key still holds, in the same transaction: `write_as`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from listenlink.errors import Problem, ProblemKind
from listenlink.model import api_key, ids
from listenlink.model.api_key import ApiKey
from listenlink.model.moment import is_over
from listenlink.store import people
from listenlink.store.database.database import Database

# In place of a key's number: what the operator does on the instance itself, for its first user.
OPERATORS = -1
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Caller:
    """The user and organisation that a key acts for. Identity comes from the key alone."""

    organization_id: int
    user_id: int
    key_id: int
    scopes: frozenset[str]


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
    return Caller(key.organization_id, key.user_id, key.id, key.scopes)


async def write_as(
    database: Database, caller: Caller, work: Callable[[Connection], _Done]
) -> _Done:
    """`database.write` for a caller, whose key must still hold. Raises what `require_standing` raises."""

    def write(connection: Connection) -> _Done:
        require_standing(connection, caller)
        return work(connection)

    return await database.write(write)


def require_standing(connection: Connection, caller: Caller) -> None:
    """Raise Problem unless the caller's key still holds, within the transaction that writes for it.

    Between the guard and this a request may have run for hours. Meanwhile its key may have been
    deactivated, its user removed or its organisation suspended: once that is acknowledged, nothing more is
    written by them. A key that expires meanwhile has its request finished.
    """
    if caller.key_id != OPERATORS:
        _require_good(people.find_key_again(connection, caller.key_id), None)


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
    """Raise Problem unless the caller's key belongs to this organisation and has the scope.

    An organisation that doesn't exist gets the same answer as one the caller isn't a member of. None
    (the route names no organisation) means the key's own.
    """
    if organization is not None and (
        ids.parse_id(ids.ORGANIZATION, organization) != caller.organization_id
    ):
        raise Problem(ProblemKind.ORGANIZATION_ACCESS_DENIED)
    if scope not in caller.scopes:
        raise Problem(ProblemKind.INSUFFICIENT_SCOPE, scope=scope)
