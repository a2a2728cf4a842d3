"""Suspend an organisation, and resume it: for the operator, on the instance itself, beside running servers.

It's one row, so it's done at one moment for all links and keys, and undone as well. Whatever asks whether a
link works (`model/share.py`), or whether a key holds (`actions/authenticate.py`), looks for that row; what
is running asks again and again. Nothing else is changed, so nothing has to be brought back.
"""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.manage_people import check_organization
from listenlink.store import suspensions


def suspend_organization(connection: Connection, organization_id: int, now_us: int) -> int:
    """Suspend an organisation; return since when it is, in epoch µs. Doing it again changes nothing.

    Raises RefusesToStart if there is no such organisation.
    """
    check_organization(connection, organization_id)
    since = suspensions.find_suspension(connection, organization_id)
    if since is None:
        suspensions.suspend(connection, organization_id, now_us)
    return now_us if since is None else since


def resume_organization(connection: Connection, organization_id: int) -> bool:
    """End an organisation's suspension; False if it wasn't suspended. Raises RefusesToStart if there is no
    such organisation."""
    check_organization(connection, organization_id)
    return suspensions.resume(connection, organization_id)
