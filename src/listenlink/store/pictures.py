"""What a link's pictures are made from: a cover's digest, or the little that its preview is drawn from."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from listenlink.store import tables
from listenlink.store.opening.open_rows import MOST_TRACKS
from listenlink.store.pages import LEADS_TO_TRACK, SHOWN_TRACKS, Standing
from listenlink.store.suspensions import OF_LINK, OF_SHARE

_SHARES = tables.shares
_TRACKS = tables.tracks
_AUDIO = tables.audio_objects

_FIND_COVERS = (
    select(
        _SHARES.c.rotation,
        _SHARES.c.revoked_at,
        _SHARES.c.starts_at,
        _SHARES.c.expires_at,
        OF_SHARE,
        _AUDIO.c.cover_digest,
        _AUDIO.c.cover_small_digest,
    )
    .select_from(_SHARES)
    .join(_TRACKS, _TRACKS.c.id == bindparam("track"))
    .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
    .where(_SHARES.c.id == bindparam("share"), _TRACKS.c.removed_at.is_(None), LEADS_TO_TRACK)
)
# The cover is the same as the page's: that of the track the creator chose, else of the first with one.
_FIND_DRAWABLE = """
{shown}
SELECT s.rotation, s.revoked_at, s.starts_at, s.expires_at,
    {suspended}, s.preview,
    c.id, c.name, t.id, t.title, a.peaks,
    (SELECT CASE WHEN count(*) = count(o.artist) AND min(o.artist) = max(o.artist) THEN min(o.artist) END
     FROM shown JOIN tracks o ON o.id = shown.track_id),
    coalesce(
        (SELECT b.cover_digest
         FROM shown JOIN tracks o ON o.id = shown.track_id JOIN audio_objects b ON b.id = o.audio_id
         WHERE o.id = c.cover_track_id),
        (SELECT b.cover_digest
         FROM shown JOIN tracks o ON o.id = shown.track_id JOIN audio_objects b ON b.id = o.audio_id
         WHERE b.cover_digest IS NOT NULL ORDER BY shown.position LIMIT 1)),
    s.creator_id
FROM shares s
LEFT JOIN collections c ON c.id = s.collection_id
LEFT JOIN tracks t ON t.id = (SELECT track_id FROM shown ORDER BY position LIMIT 1)
LEFT JOIN audio_objects a ON a.id = t.audio_id
WHERE s.id = :share AND c.removed_at IS NULL AND (t.id IS NOT NULL OR c.id IS NOT NULL)
""".replace("{suspended}", OF_LINK)
_DRAWABLE = text(_FIND_DRAWABLE.format(shown=SHOWN_TRACKS))


class Covers(NamedTuple):
    """The digests of a track's cover in both sizes, and the state of the link that leads to the track."""

    standing: Standing
    large: bytes | None
    small: bytes | None


class Drawable(NamedTuple):
    """What a link's preview is drawn from. `collection` is its number and name, None if the link leads to a
    track; `track` is the first track's number and title, None if there is none, and `peaks` are that track's.
    `artist` is who all tracks are by, `cover` the digest of the cover that represents them all. The link is
    `creator_id`'s."""

    standing: Standing
    has_preview: bool
    collection: tuple[int, str] | None
    track: tuple[int, str] | None
    peaks: bytes | None
    artist: str | None
    cover: bytes | None
    creator_id: int


def find_covers(connection: Connection, share_id: int, track_id: int) -> Covers | None:
    """Return the covers of a track that the link leads to; None if it doesn't, or either is gone."""
    asked = {"share": share_id, "track": track_id}
    row = connection.execute(_FIND_COVERS, asked).one_or_none()
    return None if row is None else Covers(Standing(*row[:5]), *row[5:])


def find_drawable(connection: Connection, share_id: int) -> Drawable | None:
    """Return what the link's preview is drawn from; None if the link or its target is gone."""
    row = connection.execute(_DRAWABLE, {"share": share_id, "most": MOST_TRACKS}).one_or_none()
    if row is None:
        return None
    collection_id, name, track_id, title, peaks, artist, cover, creator_id = row[6:]
    return Drawable(
        Standing(*row[:5]),
        bool(row[5]),
        None if collection_id is None else (collection_id, name),
        None if track_id is None else (track_id, title),
        peaks,
        artist,
        cover,
        creator_id,
    )
