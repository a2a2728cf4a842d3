"""What hangs on a track: its file, the user's links to it and collections with it, and who saved it."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, false, func, not_, select

from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.database.columns import ended
from listenlink.store.own import own

_TRACKS = tables.tracks
_AUDIO = tables.audio_objects
_SHARES = tables.shares
_EDGES = tables.library
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections


class File(NamedTuple):
    """A track's file as it was uploaded."""

    size_bytes: int
    content_type: str


class NamedCollection(NamedTuple):
    """A collection that a track is in."""

    id: int
    name: str


def find_file(connection: Connection, track_id: int) -> File:
    """Return what is known of a track's file. The track must exist."""
    row = connection.execute(
        select(_AUDIO.c.size_bytes, _AUDIO.c.content_type)
        .join(_TRACKS, _TRACKS.c.audio_id == _AUDIO.c.id)
        .where(_TRACKS.c.id == track_id)
    ).one()
    return File(*row)


def list_collections(
    connection: Connection, whose: Owner, track_id: int, most: int
) -> list[NamedCollection]:
    """Return at most so many of the user's collections that the track is in, by name."""
    rows = connection.execute(
        select(_COLLECTIONS.c.id, _COLLECTIONS.c.name)
        .join(_MEMBERS, _MEMBERS.c.collection_id == _COLLECTIONS.c.id)
        .where(
            _MEMBERS.c.track_id == track_id,
            own(_COLLECTIONS, *whose),
            _COLLECTIONS.c.removed_at.is_(None),
        )
        .order_by(_COLLECTIONS.c.name, _COLLECTIONS.c.id)
        .limit(most)
    )
    return [NamedCollection(*row) for row in rows]


def count_working(connection: Connection, whose: Owner, track_id: int, now_us: int) -> int:
    """How many of the user's links to the track open, or will once they begin."""
    is_over = func.coalesce(ended(_SHARES.c.expires_at, now_us), false())
    is_spent = func.coalesce(_SHARES.c.opens >= _SHARES.c.max_opens, false())
    counted = (
        select(func.count())
        .select_from(_SHARES)
        .where(
            own(_SHARES, *whose),
            _SHARES.c.track_id == track_id,
            _SHARES.c.revoked_at.is_(None),
            not_(is_over),
            not_(is_spent),
        )
    )
    return connection.execute(counted).scalar_one()


def count_savers(connection: Connection, whose: Owner, track_id: int) -> int:
    """How many others have the track in their library, in whichever organisation."""
    others = (
        select(func.count())
        .select_from(_EDGES)
        .where(_EDGES.c.track_id == track_id, not_(own(_EDGES, *whose)))
    )
    return connection.execute(others).scalar_one()
