"""Listens: records that a track was heard for a while after an open, one for each open and track."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from listenlink.store import tables

_TRACKS = tables.tracks
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections


def add_listen(
    connection: Connection, open_trace: int, track_id: int, share_id: int, at_us: int
) -> None:
    """Record one listen; recording it again changes nothing."""
    connection.execute(
        text(
            "INSERT INTO listens (open_trace, track_id, share_id, at) "
            "VALUES (:trace, :track, :share, :at) ON CONFLICT DO NOTHING"
        ),
        {"trace": open_trace, "track": track_id, "share": share_id, "at": at_us},
    )


def is_track_there(connection: Connection, track_id: int) -> bool:
    """Whether the track exists and isn't removed."""
    row = select(_TRACKS.c.id).where(_TRACKS.c.id == track_id, _TRACKS.c.removed_at.is_(None))
    return connection.execute(row).one_or_none() is not None


def is_member(connection: Connection, collection_id: int, track_id: int) -> bool:
    """Whether the track is in this collection, which isn't removed."""
    row = (
        select(_MEMBERS.c.track_id)
        .join(_COLLECTIONS, _COLLECTIONS.c.id == _MEMBERS.c.collection_id)
        .where(
            _MEMBERS.c.collection_id == collection_id,
            _MEMBERS.c.track_id == track_id,
            _COLLECTIONS.c.removed_at.is_(None),
        )
    )
    return connection.execute(row).one_or_none() is not None
