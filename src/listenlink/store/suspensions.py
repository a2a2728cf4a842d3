"""Which organisations are suspended: their keys and links don't work until they're resumed."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from listenlink.store import tables

_SUSPENSIONS = tables.suspensions
# A column in a statement on `shares`: since when the link's organisation is suspended.
OF_SHARE = (
    select(_SUSPENSIONS.c.suspended_at)
    .where(_SUSPENSIONS.c.organization_id == tables.shares.c.organization_id)
    .correlate(tables.shares)
    .scalar_subquery()
    .label("suspended_at")
)
# The same as text, where the link is `s`.
OF_LINK = "(SELECT suspended_at FROM suspensions WHERE organization_id = s.organization_id)"


def find_suspension(connection: Connection, organization_id: int) -> int | None:
    """Return since when the organisation is suspended, in epoch µs; None if it isn't."""
    return connection.execute(
        select(_SUSPENSIONS.c.suspended_at).where(_SUSPENSIONS.c.organization_id == organization_id)
    ).scalar_one_or_none()


def list_suspended(connection: Connection) -> dict[int, int]:
    """Return since when each suspended organisation is, in epoch µs."""
    rows = connection.execute(select(_SUSPENSIONS))
    return {row.organization_id: row.suspended_at for row in rows}


def suspend(connection: Connection, organization_id: int, now_us: int) -> None:
    """Suspend an organisation that isn't."""
    connection.execute(
        insert(_SUSPENSIONS).values(organization_id=organization_id, suspended_at=now_us)
    )


def resume(connection: Connection, organization_id: int) -> bool:
    """End an organisation's suspension; False if it wasn't suspended."""
    ended = delete(_SUSPENSIONS).where(_SUSPENSIONS.c.organization_id == organization_id)
    return connection.execute(ended).rowcount > 0
