"""Identifies the caller: turns an API key into a caller, or into the exact reason why not."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.errors import Problem, ProblemKind
from listenlink.model import api_key, ids
from listenlink.store import people
from listenlink.store.database.database import Database


@dataclass(frozen=True, slots=True)
class Caller:
    """The user and organisation that a key acts for. Identity comes from the key alone."""

    organization_id: int
    user_id: int
    key_id: int
    scopes: frozenset[str]


async def authenticate(database: Database, raw_key: str | None, now_us: int) -> Caller:
    """Return the caller behind a key. Raises Problem with one of the 401 kinds in docs/api.md."""
    if raw_key is None:
        raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
    if not api_key.is_well_formed(raw_key):
        raise Problem(ProblemKind.INVALID_API_KEY)
    digest = api_key.digest(raw_key)
    key = await database.read(lambda connection: people.find_api_key(connection, digest))
    if key is None:
        raise Problem(ProblemKind.INVALID_API_KEY)
    if key.deactivated_at is not None:
        raise Problem(ProblemKind.API_KEY_DEACTIVATED)
    if key.expires_at is not None and now_us >= key.expires_at:
        raise Problem(ProblemKind.API_KEY_EXPIRED)
    return Caller(key.organization_id, key.user_id, key.id, key.scopes)


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
