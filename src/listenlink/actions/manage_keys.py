"""A user's API keys in an organisation: mint, list, change and deactivate them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_owner, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.note_account import note_account
from listenlink.clock import DAY_US
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.api_key import (
    ACTIVE,
    ROLES,
    SCOPES,
    ListedKey,
    are_scopes,
    may_last,
    new_api_key,
)
from listenlink.model.listing import Found, Slice
from listenlink.store import api_keys, people
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made
from listenlink.wire.bodies import MAX_DAYS_OF_A_KEY


@dataclass(frozen=True, slots=True)
class NewKey:
    """The key as it will be listed, and the raw key, which is shown only this once."""

    listed: ListedKey
    raw_key: str


async def mint_key(
    database: Database,
    caller: Caller,
    scopes: frozenset[str],
    expires_in_days: int | None,
    now_us: int,
    doing: Doing[NewKey] = always,
) -> NewKey:
    """Mint a key for the caller's own user. It has no scope that the caller lacks, and ends no later than the
    key that they act by, if any.

    Raises Problem(INSUFFICIENT_PERMISSIONS) for a scope that the caller or their role now lacks, and a 422
    Problem for what no key has.
    """
    if not are_scopes(scopes):
        raise invalid("scopes", f"A key has one or more of: {', '.join(SCOPES)}.")
    _require_possible(expires_in_days)

    def mint(connection: Connection) -> NewKey:
        role = people.find_role(connection, *caller.owner)
        if not scopes <= caller.scopes & ROLES.get(role or "", frozenset()):
            raise Problem(
                ProblemKind.INSUFFICIENT_PERMISSIONS,
                "A key can't be given more scopes than you have.",
                field="scopes",
            )
        require_few(connection, Made.KEY, caller.owner, now_us)
        expires_at = earlier(ends_at(expires_in_days, now_us), caller.ends_at)
        made = add_key(connection, *caller.owner, scopes, now_us, expires_at)
        named = ids.public_id(ids.API_KEY, made.listed.id)
        note_account(connection, caller, "key_made", named, now_us)
        return made

    return await write_as(database, caller, lambda connection: doing(connection, mint))


def add_key(
    connection: Connection,
    organization_id: int,
    user_id: int,
    scopes: frozenset[str],
    now_us: int,
    expires_at: int | None,
) -> NewKey:
    """Make a key within a transaction. Whether it may be made has been decided by then."""
    raw_key = new_api_key()
    number = people.add_api_key(
        connection, raw_key, organization_id, user_id, scopes, now_us, expires_at
    )
    listed = api_keys.find_key(connection, number)
    assert listed is not None  # noqa: S101 (inserted just now)
    return NewKey(listed, raw_key)


async def list_keys(database: Database, caller: Caller, part: Slice) -> Found[ListedKey]:
    """Return a slice of the caller's keys in their organisation, newest first, ended or not."""
    return await database.read(
        lambda connection: api_keys.list_keys(connection, *caller.owner, part)
    )


async def get_key(database: Database, caller: Caller, key_id: int) -> ListedKey:
    """Return one of the caller's keys. Raises Problem(NOT_FOUND)."""
    return await database.read(lambda connection: _get(connection, caller, key_id))


async def change_key(
    database: Database, caller: Caller, key_id: int, expires_in_days: int | None, now_us: int
) -> ListedKey:
    """Have one of the caller's keys end so many days from now, or not at all, but no later than the key that
    they act by; return it.

    Raises Problem(NOT_FOUND), also for somebody else's key, Problem(CONFLICT) for one that is over,
    Problem(INSUFFICIENT_PERMISSIONS) for one with a scope that the caller lacks, which they couldn't make
    either, and a 422 Problem for what no key has.
    """
    _require_possible(expires_in_days)

    def change(connection: Connection) -> ListedKey:
        key = _get(connection, caller, key_id)
        if key.state(now_us) != ACTIVE:
            raise Problem(ProblemKind.CONFLICT, "This key is over.")
        if not key.scopes <= caller.scopes:
            raise Problem(
                ProblemKind.INSUFFICIENT_PERMISSIONS,
                "A key with more scopes than you have can't be changed, only switched off.",
            )
        expires_at = earlier(ends_at(expires_in_days, now_us), caller.ends_at)
        api_keys.change_end(connection, key_id, expires_at)
        note_account(connection, caller, "key_changed", ids.public_id(ids.API_KEY, key_id), now_us)
        return replace(key, expires_at=expires_at)

    return await write_as(database, caller, change)


async def deactivate_key(database: Database, caller: Caller, key_id: int, now_us: int) -> None:
    """Deactivate one of the caller's keys, possibly the one in use; doing it again changes nothing.

    Raises Problem(NOT_FOUND), also for somebody else's key.
    """

    def end(connection: Connection) -> None:
        before = api_keys.find_key(connection, key_id)
        if not api_keys.deactivate_key(connection, key_id, now_us, caller.owner):
            raise Problem(ProblemKind.NOT_FOUND)
        if before is not None and before.deactivated_at is None:
            named = ids.public_id(ids.API_KEY, key_id)
            note_account(connection, caller, "key_ended", named, now_us)

    await write_as(database, caller, end)


async def end_member_keys(database: Database, caller: Caller, user_id: int, now_us: int) -> None:
    """End all keys of a member of the caller's organisation, possibly the one in use; doing it again changes
    nothing. Nothing of them is told.

    Raises Problem(INSUFFICIENT_PERMISSIONS) for no owner, and Problem(NOT_FOUND) for no member.
    """

    def end(connection: Connection) -> None:
        require_owner(connection, caller)
        organization_id = caller.owner.organization_id
        if people.find_role(connection, organization_id, user_id) is None:
            raise Problem(ProblemKind.NOT_FOUND)
        if people.end_keys(connection, organization_id, user_id, now_us):
            named = ids.public_id(ids.USER, user_id)
            note_account(connection, caller, "member_keys_ended", named, now_us)

    await write_as(database, caller, end)


def _get(connection: Connection, caller: Caller, key_id: int) -> ListedKey:
    key = api_keys.find_key(connection, key_id)
    if key is None or (key.organization_id, key.user_id) != caller.owner:
        raise Problem(ProblemKind.NOT_FOUND)
    return key


def _require_possible(days: int | None) -> None:
    if not may_last(days):
        raise invalid("expires_in_days", f"A key lasts 1 to {MAX_DAYS_OF_A_KEY} days.")


def ends_at(days: int | None, now_us: int) -> int | None:
    """When a key made now for this many days ends, in epoch µs; None means never."""
    return None if days is None else now_us + days * DAY_US


def earlier(one: int | None, other: int | None) -> int | None:
    """The earlier of two ends, where None means never."""
    ends = [end for end in (one, other) if end is not None]
    return min(ends, default=None)
