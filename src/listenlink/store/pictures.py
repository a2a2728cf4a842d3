"""What a link's pictures are made from: a cover's digest, or the little that its preview is drawn from."""

from __future__ import annotations

from sqlalchemy import Connection, text

from listenlink.model.share import Life
from listenlink.store.given_covers import SHOWN_LARGE, SHOWN_SMALL, of_tracks
from listenlink.store.lives import LIFE
from listenlink.store.targets import EXISTS, LEADS_TO, MOST_TRACKS, SHOWN, SHOWN_AUDIO

_FIND_COVERS = text(f"""
SELECT {LIFE}, {SHOWN_LARGE}, {SHOWN_SMALL}
FROM shares s
JOIN tracks t ON t.id = :track
JOIN audio_objects a ON a.id = {SHOWN_AUDIO}
LEFT JOIN given_covers g ON g.track_id = t.id
WHERE s.id = :share AND {LEADS_TO}
""")  # noqa: S608 (made of constants)
_FIND_OWN_COVERS = text(f"""
SELECT {LIFE}, g.cover_digest, g.cover_small_digest
FROM shares s
JOIN given_covers g ON g.collection_id = s.collection_id
WHERE s.id = :share AND {EXISTS}
""")  # noqa: S608
# Asked anew, because SQLite knows nothing of the query around it where a subquery puts things in order.
_CHOSEN = """(SELECT o.cover_track_id FROM shares p JOIN collections o ON o.id = p.collection_id
 WHERE p.id = :share)"""
# The cover is the same as the page's: what the collection was given, else one of its tracks'.
_FIND_DRAWABLE = text(f"""
WITH shown AS ({SHOWN})
SELECT {LIFE}, s.preview,
    c.id, c.name, t.id, t.title, a.peaks,
    (SELECT CASE WHEN count(*) = count(o.artist) AND min(o.artist) = max(o.artist) THEN min(o.artist) END
     FROM shown JOIN tracks o ON o.id = shown.track_id),
    CASE WHEN k.id IS NOT NULL THEN k.cover_digest
    ELSE (SELECT {SHOWN_LARGE} {of_tracks(_CHOSEN)}) END,
    s.creator_id
FROM shares s
LEFT JOIN collections c ON c.id = s.collection_id
LEFT JOIN given_covers k ON k.collection_id = c.id
LEFT JOIN shown f ON f.position = (SELECT min(position) FROM shown)
LEFT JOIN tracks t ON t.id = f.track_id
LEFT JOIN audio_objects a ON a.id = f.audio_id
WHERE s.id = :share AND {EXISTS}
""")  # noqa: S608


class Covers(Life, frozen=True):
    """A link, with the digests of a cover of what it leads to in both sizes."""

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
    """Return the covers of a track that the link leads to, or, for track 0, those that its collection was
    given; None if it doesn't lead there, or either is gone."""
    statement, asked = _FIND_OWN_COVERS, {"share": share_id}
    if track_id:
        statement, asked["track"] = _FIND_COVERS, track_id
    row = connection.execute(statement, asked).one_or_none()
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
