"""How many things a user made lately, whether or not they're still there."""

from __future__ import annotations

from enum import Enum

from sqlalchemy import Connection, func, select

from listenlink.model.owner import Owner
from listenlink.model.versions import FIRST
from listenlink.store import tables
from listenlink.store.own import own


class Made(Enum):
    """A kind of thing, by its name in a sentence."""

    TRACK = "tracks"
    LINK = "links"
    COLLECTION = "collections"
    KEY = "API keys"
    DECLARATION = "declarations"
    VERSION = "versions"


_TABLES = {
    Made.TRACK: tables.tracks,
    Made.LINK: tables.shares,
    Made.COLLECTION: tables.collections,
    Made.KEY: tables.api_keys,
    Made.DECLARATION: tables.declarations,
}


def count_made(
    connection: Connection, made: Made, owner: Owner, since_us: int, until_us: int
) -> int:
    """Count what this user made in this organisation between two times, the removed included."""
    if made is Made.VERSION:
        return _count_versions(connection, owner, since_us, until_us)
    table = _TABLES[made]
    counted = (
        select(func.count())
        .select_from(table)
        .where(own(table, *owner), table.c.created_at.between(since_us, until_us))
    )
    return int(connection.execute(counted).scalar_one())


def _count_versions(connection: Connection, owner: Owner, since_us: int, until_us: int) -> int:
    """Those of the user's tracks, besides the first of each."""
    rows = tables.track_versions
    counted = (
        select(func.count())
        .select_from(rows)
        .join(tables.tracks, tables.tracks.c.id == rows.c.track_id)
        .where(
            own(tables.tracks, *owner),
            rows.c.created_at.between(since_us, until_us),
            rows.c.number > FIRST,
        )
    )
    return int(connection.execute(counted).scalar_one())
