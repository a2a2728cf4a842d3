"""A user's library as the desk lists it: a page of it in a few statements, however much there is.

What is searched and sorted by words is the names alone, and done where case and accents are folded alike
(`model/folded.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, literal_column, select

from listenlink.model.library import ListedTrack
from listenlink.model.owner import Owner
from listenlink.model.versions import read_versions
from listenlink.store import given_covers, tables
from listenlink.store.database.columns import KEY
from listenlink.store.own import own
from listenlink.store.targets import SHOWN_AUDIO

_EDGES = tables.library
_SHARES = tables.shares.alias("s")
_TRACKS = tables.tracks.alias("t")
_AUDIO, _GIVEN = tables.audio_objects, tables.given_covers
_NEWEST = (_EDGES.c.created_at.desc(), _EDGES.c.id.desc())
# Of the picture that the small cover's address answers with.
_COVER = given_covers.shown_of_track("cover_small_digest")


class Named(NamedTuple):
    """A track in a library, by what it's looked for by."""

    edge_id: int
    track_id: int
    title: str
    artist: str | None


def count_tracks(connection: Connection, whose: Owner) -> int:
    """How many tracks are in the library."""
    counted = select(func.count()).select_from(_EDGES).where(own(_EDGES, *whose))
    return connection.execute(counted).scalar_one()


def list_edges(connection: Connection, whose: Owner, first: int, many: int) -> list[int]:
    """Return so many edges of the library, the newest first, behind the `first` ones."""
    edges = select(_EDGES.c.id).where(own(_EDGES, *whose)).order_by(*_NEWEST)
    return list(connection.execute(edges.limit(many).offset(first)).scalars())


def list_names(connection: Connection, whose: Owner, most: int) -> list[Named]:
    """Return what the library's tracks are called, the newest first; of more than `most`, the newest."""
    rows = connection.execute(
        select(_EDGES.c.id, _TRACKS.c.id, _TRACKS.c.title, _TRACKS.c.artist)
        .join(_TRACKS, _TRACKS.c.id == _EDGES.c.track_id)
        .where(own(_EDGES, *whose))
        .order_by(*_NEWEST)
        .limit(most)
    )
    return [Named(*row) for row in rows]


def list_tracks(
    connection: Connection, whose: Owner, edge_ids: Sequence[int]
) -> dict[int, ListedTrack]:
    """Return the tracks that these edges lead to, by edge, without their links and opens."""
    rows = connection.execute(
        select(
            _EDGES.c.id.label("edge_id"),
            _TRACKS.c.id, _TRACKS.c.title, _TRACKS.c.artist,
            _TRACKS.c.sample_count, _TRACKS.c.sample_rate, _TRACKS.c.versions,
            _SHARES.c.is_pinned, _SHARES.c.created_at.label("made_at"),
            own(_TRACKS, *whose).label("is_own"), _COVER,
        )
        .join(_TRACKS, _TRACKS.c.id == _EDGES.c.track_id)
        .outerjoin(_SHARES, _SHARES.c.id == _EDGES.c.share_id)
        .join(_AUDIO, _AUDIO.c.id == literal_column(SHOWN_AUDIO, KEY))
        .outerjoin(_GIVEN, _GIVEN.c.track_id == _TRACKS.c.id)
        .where(_EDGES.c.id.in_(edge_ids))
    )  # fmt: skip
    return {
        row.edge_id: ListedTrack(
            row.id, row.title, row.artist, _seconds(row),
            bool(row.is_own), row.cover_small_digest is not None,
        )
        for row in rows
    }  # fmt: skip


def _seconds(row: Row[Any]) -> float:
    if row.versions is None or not row.is_pinned:
        return float(row.sample_count / row.sample_rate)
    return read_versions(row.versions).shown(row.made_at, is_pinned=True).seconds
