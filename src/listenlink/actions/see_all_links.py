"""An owner looks at everybody's links in their organisation: at what they are and at their numbers, never at
their addresses, and never to change anything.

Only what reads asks whether a caller `sees_all`; what writes knows nothing of it.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_owner
from listenlink.store import people
from listenlink.store.database.database import Database


def seeing_all(caller: Caller) -> Caller:
    """The caller, as one who asks for everybody's links. Whether they're an owner is looked at with each
    question, in its transaction."""
    return replace(caller, sees_all=True)


async def list_makers(database: Database, caller: Caller) -> dict[int, str]:
    """Return the e-mails of the organisation's members, by user. Raises Problem(INSUFFICIENT_PERMISSIONS) for
    no owner."""

    def find(connection: Connection) -> dict[int, str]:
        require_owner(connection, caller)
        here = people.list_members(connection, caller.owner.organization_id)
        return {user_id: email for user_id, email, _, _ in here}

    return await database.read(find)
