"""What the share page shows of a link's target, in one consistent read."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Row, select

from listenlink.model.track import Track
from listenlink.store import tables
from listenlink.store.open_rows import MOST_TRACKS
from listenlink.store.tracks import track_of

_SHARES = tables.shares
_TRACKS = tables.tracks
_AUDIO = tables.audio_objects
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections
_NUMBERS_AT_ONCE = 500
_SHOWN = (
    select(_TRACKS, _AUDIO.c.peaks, _AUDIO.c.cover_digest, _AUDIO.c.cover_small_digest)
    .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
    .where(_TRACKS.c.removed_at.is_(None))
)


class ShownTrack(NamedTuple):
    """A track with what was made of its audio, None where that isn't there."""

    track: Track
    peaks: bytes | None
    cover: bytes | None
    cover_small: bytes | None


class ShownCollection(NamedTuple):
    """The collection that a link leads to."""

    id: int
    name: str
    description: str | None
    cover_track_id: int | None


class ShownLink(NamedTuple):
    """A link and what it leads to; `collection` is None where that is a track."""

    id: int
    rotation: int
    visibility: str
    allow_download: bool
    preview: bool
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    tracks: list[ShownTrack]
    collection: ShownCollection | None


class Standing(NamedTuple):
    """How a link stands whose target is there."""

    rotation: int
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None


def find_rotations(connection: Connection, share_ids: Collection[int]) -> dict[int, Standing]:
    """Those of these links that are there, with their target."""
    found: dict[int, Standing] = {}
    numbers = list(share_ids)
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        asked = (
            select(
                _SHARES.c.id,
                _SHARES.c.rotation,
                _SHARES.c.revoked_at,
                _SHARES.c.starts_at,
                _SHARES.c.expires_at,
            )
            .outerjoin(_TRACKS, _TRACKS.c.id == _SHARES.c.track_id)
            .outerjoin(_COLLECTIONS, _COLLECTIONS.c.id == _SHARES.c.collection_id)
            .where(
                _SHARES.c.id.in_(numbers[start : start + _NUMBERS_AT_ONCE]),
                _TRACKS.c.removed_at.is_(None),
                _COLLECTIONS.c.removed_at.is_(None),
            )
        )
        found |= {row[0]: Standing(*row[1:]) for row in connection.execute(asked)}
    return found


class Download(NamedTuple):
    """A file that may be taken along, as its creator put it in."""

    title: str
    digest: bytes
    size_bytes: int
    content_type: str


def find_download(connection: Connection, share_id: int, track_id: int) -> Download | None:
    """The file of a track, if the link's creator lets it be taken along."""
    row = connection.execute(
        select(_TRACKS.c.title, _AUDIO.c.digest, _AUDIO.c.size_bytes, _AUDIO.c.content_type)
        .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
        .join(_SHARES, _SHARES.c.id == share_id)
        .where(_TRACKS.c.id == track_id, _SHARES.c.allow_download)
    ).one_or_none()
    return None if row is None else Download(*row)


def find_shown(
    connection: Connection, share_id: int, only_track: int | None = None
) -> ShownLink | None:
    """The link with its tracks that are there, in order, or with one of them; None if the link or its
    target is gone."""
    link = connection.execute(select(_SHARES).where(_SHARES.c.id == share_id)).one_or_none()
    if link is None:
        return None
    if link.collection_id is None:
        collection, chosen = None, _SHOWN.where(_TRACKS.c.id == link.track_id)
    else:
        collection = _find_collection(connection, link.collection_id)
        if collection is None:
            return None
        chosen = (
            _SHOWN.join(_MEMBERS, _MEMBERS.c.track_id == _TRACKS.c.id)
            .where(_MEMBERS.c.collection_id == collection.id)
            .order_by(_MEMBERS.c.position)
            .limit(MOST_TRACKS)
        )
    if only_track is not None:
        chosen = chosen.where(_TRACKS.c.id == only_track)
    tracks = [_shown_track(row) for row in connection.execute(chosen)]
    if collection is None and not tracks:
        return None
    return ShownLink(
        link.id,
        link.rotation,
        link.visibility,
        link.allow_download,
        link.preview,
        link.revoked_at,
        link.starts_at,
        link.expires_at,
        tracks,
        collection,
    )


def _find_collection(connection: Connection, collection_id: int) -> ShownCollection | None:
    columns = _COLLECTIONS.c
    row = connection.execute(
        select(columns.id, columns.name, columns.description, columns.cover_track_id).where(
            columns.id == collection_id, columns.removed_at.is_(None)
        )
    ).one_or_none()
    return None if row is None else ShownCollection(*row)


def _shown_track(row: Row[tuple[object, ...]]) -> ShownTrack:
    return ShownTrack(track_of(row), row.peaks, row.cover_digest, row.cover_small_digest)
