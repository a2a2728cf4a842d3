"""Revoke a link: once this returns it leads nowhere, and what was playing by it stops."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.note_account import note_account
from listenlink.actions.telling.note_events import note_ended
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.share_token import digest, is_like_a_token, is_well_formed
from listenlink.store import shares
from listenlink.store.database.database import Database


async def revoke_named(database: Database, caller: Caller, named: str, now_us: int) -> int:
    """Revoke the caller's link of this id or token as `revoke_link` does, and return its number."""
    if is_like_a_token(named):
        number = await find_by_token(database, caller, named)
    elif (found := ids.parse_id(ids.SHARE, named)) is not None:
        number = found
    else:
        raise Problem(ProblemKind.NOT_FOUND)
    await revoke_link(database, caller, number, now_us)
    return number


async def revoke_link(database: Database, caller: Caller, share_id: int, now_us: int) -> None:
    """Revoke the caller's link; doing it again changes nothing. Raises Problem(NOT_FOUND)."""

    def revoke(connection: Connection) -> None:
        before = shares.find_own_share(connection, *caller.owner, share_id)
        if before is None:
            raise Problem(ProblemKind.NOT_FOUND)
        shares.revoke_share(connection, *caller.owner, share_id, now_us)
        if before.revoked_at is None:
            named = ids.public_id(ids.SHARE, share_id)
            note_account(connection, caller, "link_closed", named, now_us)
            note_ended(connection, before, now_us)

    await write_as(database, caller, revoke)


async def find_by_token(database: Database, caller: Caller, token: str) -> int:
    """The number of the caller's link with this token. Raises Problem(NOT_FOUND)."""
    number = await database.read(
        lambda connection: shares.find_own_by_token(connection, *caller.owner, digest(token))
    )
    if number is None or not is_well_formed(token):
        raise Problem(ProblemKind.NOT_FOUND)
    return number
