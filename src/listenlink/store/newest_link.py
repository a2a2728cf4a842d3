"""When an organisation's newest link was made."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from listenlink.store import tables

_SHARES = tables.shares


def find_newest_moment(connection: Connection, organization_id: int, now_us: int) -> int:
    """The moment of a change that holds for links of the organisation from then on: now, or that of the
    newest link if it's later. Whatever is asked for takes its time, and links that are made meanwhile were
    told what was before it."""
    newest = connection.execute(
        select(func.max(_SHARES.c.created_at)).where(
            _SHARES.c.organization_id == organization_id, _SHARES.c.created_at > now_us
        )
    ).scalar_one()
    return now_us if newest is None else int(newest)
