"""How many things a user made lately, whether or not they're still there."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, func, select

from listenlink.model.owner import Owner
from listenlink.store import tables


class Made(Enum):
    """A kind of thing, by its name in a sentence."""

    TRACK = "tracks"
    LINK = "links"
    COLLECTION = "collections"
    KEY = "API keys"


# Of each, whose it is.
_TABLES = {
    Made.TRACK: (tables.tracks, "creator_id"),
    Made.LINK: (tables.shares, "creator_id"),
    Made.COLLECTION: (tables.collections, "owner_id"),
    Made.KEY: (tables.api_keys, "user_id"),
}


def count_made(
    connection: Connection, made: Made, owner: Owner, since_us: int, until_us: int
) -> int:
    """Count what this user made in this organisation between two times, the removed included."""
    table, whose = _TABLES[made]
    counted = (
        select(func.count())
        .select_from(table)
        .where(
            table.c.organization_id == owner[0],
            table.c[whose] == owner[1],
            table.c.created_at.between(since_us, until_us),
        )
    )
    return int(connection.execute(counted).scalar_one())
