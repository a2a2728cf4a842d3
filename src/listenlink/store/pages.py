"""What the share page shows of a link's target, in one consistent read."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, Row, bindparam, func, or_, select

from listenlink.model.track import Track
from listenlink.store import tables
from listenlink.store.opening.open_rows import MOST_TRACKS
from listenlink.store.suspensions import OF_SHARE
from listenlink.store.tracks import track_of

_SHARES = tables.shares
_TRACKS = tables.tracks
_AUDIO = tables.audio_objects
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections
_NUMBERS_AT_ONCE = 500
_LINK = select(
    _SHARES.c.id,
    _SHARES.c.rotation,
    _SHARES.c.visibility,
    _SHARES.c.allow_download,
    _SHARES.c.preview,
    _SHARES.c.expires_at,
    _SHARES.c.track_id,
    _SHARES.c.collection_id,
).where(_SHARES.c.id == bindparam("share"))
_COLLECTION = select(
    _COLLECTIONS.c.id,
    _COLLECTIONS.c.name,
    _COLLECTIONS.c.description,
    _COLLECTIONS.c.cover_track_id,
).where(_COLLECTIONS.c.id == bindparam("collection"), _COLLECTIONS.c.removed_at.is_(None))
_SHOWN = (
    select(_TRACKS, _AUDIO.c.peaks, _AUDIO.c.cover_digest, _AUDIO.c.cover_small_digest)
    .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
    .where(_TRACKS.c.removed_at.is_(None))
)
_TRACK = _SHOWN.where(_TRACKS.c.id == bindparam("track"))
_MEMBERS_OF = (
    _SHOWN.join(_MEMBERS, _MEMBERS.c.track_id == _TRACKS.c.id)
    .where(_MEMBERS.c.collection_id == bindparam("collection"))
    .order_by(_MEMBERS.c.position)
    .limit(MOST_TRACKS)
)
_COUNT_OF_ALL = (
    select(func.count())
    .select_from(_MEMBERS)
    .join(_TRACKS, _TRACKS.c.id == _MEMBERS.c.track_id)
    .where(_MEMBERS.c.collection_id == bindparam("collection"), _TRACKS.c.removed_at.is_(None))
)
_STANDING = (
    select(
        _SHARES.c.id,
        _SHARES.c.rotation,
        _SHARES.c.revoked_at,
        _SHARES.c.starts_at,
        _SHARES.c.expires_at,
        OF_SHARE,
    )
    .outerjoin(_TRACKS, _TRACKS.c.id == _SHARES.c.track_id)
    .outerjoin(_COLLECTIONS, _COLLECTIONS.c.id == _SHARES.c.collection_id)
)
_TARGET_EXISTS = (_TRACKS.c.removed_at.is_(None), _COLLECTIONS.c.removed_at.is_(None))
# The start of a statement on the link `:share`: the tracks that it shows, at most `:most`, with their
# positions; `of_all` is how many there are.
SHOWN_TRACKS = """
WITH shown AS (
    SELECT t.id AS track_id, m.position, count(*) OVER () AS of_all
    FROM (SELECT track_id, position FROM collection_tracks
          WHERE collection_id = (SELECT collection_id FROM shares WHERE id = :share)
          UNION ALL
          SELECT track_id, 0 FROM shares WHERE id = :share) m
    JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
    ORDER BY m.position LIMIT :most)
"""
# A condition in a statement on `shares` and `tracks`: whether the link leads to the track.
LEADS_TO_TRACK = or_(
    _SHARES.c.track_id == _TRACKS.c.id,
    select(_MEMBERS.c.track_id)
    .join(_COLLECTIONS, _COLLECTIONS.c.id == _MEMBERS.c.collection_id)
    .where(
        _MEMBERS.c.collection_id == _SHARES.c.collection_id,
        _MEMBERS.c.track_id == _TRACKS.c.id,
        _COLLECTIONS.c.removed_at.is_(None),
    )
    .correlate(_SHARES, _TRACKS)
    .exists(),
)


class ShownTrack(NamedTuple):
    """A track with what was derived from its audio, None where there is nothing."""

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
    """A link and what it leads to; `collection` is None if that is a track. `more` is how many tracks there
    are behind these."""

    id: int
    rotation: int
    visibility: str
    allow_download: bool
    preview: bool
    expires_at: int | None
    tracks: list[ShownTrack]
    collection: ShownCollection | None
    more: int = 0


class Standing(NamedTuple):
    """The state of a link whose target exists."""

    rotation: int
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    suspended_at: int | None


def find_rotations(connection: Connection, share_ids: Collection[int]) -> dict[int, Standing]:
    """Return the state of those of these links that exist and whose target does."""
    found: dict[int, Standing] = {}
    numbers = list(share_ids)
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        some = numbers[start : start + _NUMBERS_AT_ONCE]
        asked = _STANDING.where(_SHARES.c.id.in_(some), *_TARGET_EXISTS)
        found |= {row[0]: Standing(*row[1:]) for row in connection.execute(asked)}
    return found


class Download(NamedTuple):
    """A file that may be downloaded, as its creator uploaded it."""

    title: str
    digest: bytes
    size_bytes: int
    content_type: str


def find_download(connection: Connection, share_id: int, track_id: int) -> Download | None:
    """Return the file of a track that the link leads to, if its creator lets it be downloaded."""
    row = connection.execute(
        select(_TRACKS.c.title, _AUDIO.c.digest, _AUDIO.c.size_bytes, _AUDIO.c.content_type)
        .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
        .join(_SHARES, _SHARES.c.id == share_id)
        .where(
            _TRACKS.c.id == track_id,
            _TRACKS.c.removed_at.is_(None),
            _SHARES.c.allow_download,
            LEADS_TO_TRACK,
        )
    ).one_or_none()
    return None if row is None else Download(*row)


def find_shown(connection: Connection, share_id: int) -> ShownLink | None:
    """Return the link with its existing tracks, in order; None if the link or its target is gone. What is
    read here must be in its fingerprint (`store/fingerprints.py`)."""
    link = connection.execute(_LINK, {"share": share_id}).one_or_none()
    if link is None:
        return None
    collection, more = None, 0
    asked = {"collection": link.collection_id}
    if link.collection_id is None:
        rows = connection.execute(_TRACK, {"track": link.track_id})
    else:
        row = connection.execute(_COLLECTION, asked).one_or_none()
        if row is None:
            return None
        collection, rows = ShownCollection(*row), connection.execute(_MEMBERS_OF, asked)
    tracks = [_shown_track(row) for row in rows]
    if len(tracks) == MOST_TRACKS:
        more = connection.execute(_COUNT_OF_ALL, asked).scalar_one() - MOST_TRACKS
    if collection is None and not tracks:
        return None
    return ShownLink(*link[:6], tracks, collection, more)


def _shown_track(row: Row[tuple[object, ...]]) -> ShownTrack:
    return ShownTrack(track_of(row), row.peaks, row.cover_digest, row.cover_small_digest)
