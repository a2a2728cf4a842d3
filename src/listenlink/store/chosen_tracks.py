"""Tracks as a list of few words shows them: those of a collection, and those that can be put into one."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from listenlink.store import tables
from listenlink.store.own import own

_TRACKS = tables.tracks
_EDGES = tables.library
_MEMBERS = tables.collection_tracks
_TOLD = (
    _TRACKS.c.id,
    _TRACKS.c.title,
    _TRACKS.c.artist,
    _TRACKS.c.sample_count,
    _TRACKS.c.sample_rate,
)


class ChosenTrack(NamedTuple):
    """What is said of a track in a line."""

    id: int
    title: str
    artist: str | None
    seconds: float


def list_of_collection(
    connection: Connection, collection_id: int, first: int, many: int
) -> list[ChosenTrack]:
    """List so many of the collection's tracks in order, from a position on."""
    rows = connection.execute(
        select(*_TOLD)
        .join(_MEMBERS, _MEMBERS.c.track_id == _TRACKS.c.id)
        .where(_MEMBERS.c.collection_id == collection_id)
        .order_by(_MEMBERS.c.position)
        .limit(many)
        .offset(first)
    )
    return [_chosen(row) for row in rows]


def list_own(
    connection: Connection, organization_id: int, user_id: int, most: int
) -> list[ChosenTrack]:
    """List the tracks that the user made and has in their library, the newest first; of more than `most`, the
    newest."""
    rows = connection.execute(
        select(*_TOLD)
        .join(_EDGES, _EDGES.c.track_id == _TRACKS.c.id)
        .where(
            own(_EDGES, organization_id, user_id),
            own(_TRACKS, organization_id, user_id),
            _TRACKS.c.removed_at.is_(None),
        )
        .order_by(_EDGES.c.created_at.desc(), _EDGES.c.id.desc())
        .limit(most)
    )
    return [_chosen(row) for row in rows]


def find_title(connection: Connection, track_id: int | None) -> str | None:
    """Return the title of a track, None for none."""
    if track_id is None:
        return None
    found = select(_TRACKS.c.title).where(_TRACKS.c.id == track_id)
    title: str | None = connection.execute(found).scalar_one_or_none()
    return title


def _chosen(row: Any) -> ChosenTrack:
    return ChosenTrack(row.id, row.title, row.artist, row.sample_count / row.sample_rate)
