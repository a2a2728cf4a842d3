"""An owner removes a member from their organisation: what that does is told first, and done as the operator's
command does it (`actions/remove_user.py`).

Whatever becomes of the links, the music goes to an owner: what is deleted can't be had back, and whoever it
went to can still delete it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_owner, require_standing
from listenlink.actions.manage_tracks import discard_objects
from listenlink.actions.note_account import note_account
from listenlink.actions.remove_user import Removed, Wish, remove_user
from listenlink.actions.tus_upload import TusUploads
from listenlink.errors import Problem, ProblemKind, RefusesToStart, invalid
from listenlink.media.storage import Storage
from listenlink.model import ids
from listenlink.model.member import Access
from listenlink.model.owner import Owner
from listenlink.store import belongings, members, people
from listenlink.store.belongings import Belongings
from listenlink.store.database.database import Database
from listenlink.threads import FAREWELLS


@dataclass(frozen=True, slots=True)
class Leave:
    """What removing a member comes to: what they have, by what they get in, and the owners, (user, e-mail),
    whose their things can become, the one who asks first. `is_last_owner`: so they can't be removed."""

    user_id: int
    email: str
    has: Belongings
    access: Access
    heirs: list[tuple[int, str]]
    is_last_owner: bool


async def look_at_leave(database: Database, caller: Caller, user_id: int, now_us: int) -> Leave:
    """Return what removing this member of the caller's organisation would come to. Raises
    Problem(INSUFFICIENT_PERMISSIONS) for no owner, Problem(NOT_FOUND) for no member."""

    def find(connection: Connection) -> Leave:
        require_owner(connection, caller)
        whose = Owner(caller.owner.organization_id, user_id)
        heirs = _require_leave(connection, whose)
        heirs.sort(key=lambda heir: heir[0] != caller.owner.user_id)
        return Leave(
            user_id,
            people.find_email(connection, user_id) or "",
            belongings.count_belongings(connection, whose),
            members.count_access(connection, *whose, now_us),
            heirs,
            not heirs,
        )

    return await database.read(find)


async def remove_member(
    database: Database,
    storage: Storage,
    uploads: TusUploads,
    caller: Caller,
    user_id: int,
    heir_id: int,
    now_us: int,
    *,
    ends_links: bool,
) -> Removed:
    """Remove the member from the caller's organisation; what they have becomes another owner's, their links
    ended before that if `ends_links`. It's carried through, whoever waits for it.

    Raises what `look_at_leave` raises, Problem(CONFLICT) for the last owner and for an heir who is none any
    more, and a 422 Problem for one who never was; all having changed nothing but the CONFLICT of an heir.
    """
    whose, wish = Owner(caller.owner.organization_id, user_id), Wish(ends_links, hands_over=True)

    async def carry_out() -> Removed:
        removed = await FAREWELLS.run(_remove, database, caller, whose, heir_id, wish, now_us)
        await uploads.discard(removed.uploads)
        await discard_objects(database, storage, removed.digests)
        return removed

    try:
        return await asyncio.shield(carry_out())
    except RefusesToStart:
        told = "Whose these things were to become is no owner any more. Choose another."
        raise Problem(ProblemKind.CONFLICT, told) from None


def _remove(
    database: Database, caller: Caller, whose: Owner, heir_id: int, wish: Wish, now_us: int
) -> Removed:
    named, heir = (ids.public_id(ids.USER, number) for number in (whose.user_id, heir_id))

    def allow(connection: Connection) -> None:
        require_standing(connection, caller)
        require_owner(connection, caller)
        heirs = _require_leave(connection, whose)
        if not heirs:
            raise Problem(ProblemKind.CONFLICT, "Nobody else is an owner. Invite one first.")
        if heir_id not in dict(heirs):
            raise invalid("to", "This isn't another owner.")
        note_account(connection, caller, "member_removed", named, now_us)

    removed = remove_user(database, named, whose.organization_id, heir, wish, now_us, allow=allow)
    if not removed.stays_in:
        database.purge_now()
    return removed


def _require_leave(connection: Connection, whose: Owner) -> list[tuple[int, str]]:
    """The other owners, for a member; none if this one is the last. Raises Problem(NOT_FOUND)."""
    if people.find_role(connection, *whose) is None:
        raise Problem(ProblemKind.NOT_FOUND)
    owners = people.list_owners(connection, whose.organization_id)
    return [owner for owner in owners if owner[0] != whose.user_id]
