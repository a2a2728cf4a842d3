"""What a link's pictures are made from: a cover's digest, or the little that its preview is drawn from."""

from __future__ import annotations

from sqlalchemy import Connection, text

from listenlink.model.share import Life
from listenlink.store.lives import LIFE
from listenlink.store.targets import EXISTS, LEADS_TO, MOST_TRACKS, SHOWN

_FIND_COVERS = text(f"""
SELECT {LIFE}, a.cover_digest, a.cover_small_digest
FROM shares s
JOIN tracks t ON t.id = :track
JOIN audio_objects a ON a.id = t.audio_id
WHERE s.id = :share AND {LEADS_TO}
""")  # noqa: S608 (made of constants)
# The cover is the same as the page's: that of the track the creator chose, else of the first with one.
_FIND_DRAWABLE = text(f"""
WITH shown AS ({SHOWN})
SELECT {LIFE}, s.preview,
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
WHERE s.id = :share AND {EXISTS}
""")  # noqa: S608


class Covers(Life, frozen=True):
    """A link that leads to a track, with the digests of the track's cover in both sizes."""

    large: bytes | None
    small: bytes | None


class Drawable(Life, frozen=True):
    """A link and what its preview is drawn from. `collection` is its number and name, None if the link leads
    to a track; `track` is the first track's number and title, None if there is none, and `peaks` are that
    track's. `artist` is who all tracks are by, `cover` the digest of the cover that represents them all. The
    link is `creator_id`'s."""

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
    return None if row is None else Covers(*row)


def find_drawable(connection: Connection, share_id: int) -> Drawable | None:
    """Return what the link's preview is drawn from; None if the link or its target is gone."""
    row = connection.execute(_FIND_DRAWABLE, {"share": share_id, "most": MOST_TRACKS}).one_or_none()
    if row is None:
        return None
    *life, has_preview, collection_id, name, track_id, title, peaks, artist, cover, creator_id = row
    album = None if collection_id is None else (collection_id, name)
    track = None if track_id is None else (track_id, title)
    return Drawable(*(*life, bool(has_preview), album, track, peaks, artist, cover, creator_id))
