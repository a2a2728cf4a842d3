"""A line in the audit of accounts for what a caller makes or ends: who, what and when. From where is in the
audit of signing in."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.store import account_events
from listenlink.store.account_events import AccountEvent


def note_account(
    connection: Connection, caller: Caller, what: str, about: str, now_us: int
) -> None:
    """Append it, in the transaction of what it tells of. `about` is a public id."""
    organization_id, user_id = caller.owner
    account_events.add_event(
        connection, AccountEvent(now_us, what, organization_id, user_id, about)
    )
