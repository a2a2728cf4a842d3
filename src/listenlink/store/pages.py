"""What the share page shows of a link's target, in one consistent read."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Row, TextClause, bindparam, column, select, text

from listenlink.model.recipe import Embedded
from listenlink.model.track import Track
from listenlink.store import tables
from listenlink.store.database.columns import KEY
from listenlink.store.embedded import embedded_of
from listenlink.store.given_covers import shown_of_track
from listenlink.store.marked_tracks import marked
from listenlink.store.targets import AUDIO_OF, EXISTS, LEADS_TO, MOST_TRACKS, SHOWN, SHOWN_VERSION
from listenlink.store.tracks import track_of

_SHARES = tables.shares.alias("s")
_TRACKS = tables.tracks.alias("t")
_AUDIO = tables.audio_objects
_COLLECTIONS = tables.collections
_GIVEN = tables.given_covers
_LINK = (
    select(
        _SHARES.c.id,
        _SHARES.c.rotation,
        _SHARES.c.visibility,
        _SHARES.c.allow_download,
        _SHARES.c.preview,
        _SHARES.c.expires_at,
        _SHARES.c.created_at,
        _SHARES.c.is_pinned,
        _COLLECTIONS.c.id,
        _COLLECTIONS.c.name,
        _COLLECTIONS.c.description,
        _COLLECTIONS.c.cover_track_id,
        _GIVEN.c.id,
        _GIVEN.c.cover_digest,
    )
    .outerjoin(_COLLECTIONS, _COLLECTIONS.c.id == _SHARES.c.collection_id)
    .outerjoin(_GIVEN, _GIVEN.c.collection_id == _COLLECTIONS.c.id)
    .where(_SHARES.c.id == bindparam("share"), text(EXISTS))
)
_OF_COLLECTION = 8
_SHOWN = (
    text(SHOWN)
    .columns(
        column("track_id", KEY),
        column("position", Integer),
        column("of_all", Integer),
        column("version", Integer),
        column("audio_id", KEY),
    )
    .cte("shown")
)
_TRACKS_SHOWN = (
    select(
        _TRACKS,
        _AUDIO.c.peaks,
        shown_of_track("cover_digest"),
        shown_of_track("cover_small_digest"),
        _GIVEN.c.id.label("given_cover"),
        _AUDIO.c.size_bytes,
        _SHOWN.c.of_all,
    )
    .join(_SHOWN, _SHOWN.c.track_id == _TRACKS.c.id)
    .join(_AUDIO, _AUDIO.c.id == _SHOWN.c.audio_id)
    .outerjoin(_GIVEN, _GIVEN.c.track_id == _TRACKS.c.id)
    .order_by(_SHOWN.c.position)
)

# The file of the version that is asked for, or of the one that is led to if none is.
_FILE = """
SELECT t.title, a.digest, a.size_bytes, a.content_type, {version} AS version,
    m.recipe, m.embedded_size_bytes, m.embedded_digest, m.embedded_crc32
FROM {of} tracks t ON t.id = :track JOIN audio_objects a ON a.id = {audio}
LEFT JOIN manifests m ON m.track_id = t.id AND m.version = {version}
WHERE {whose}
"""


def _file(of: str, version: str, whose: str) -> TextClause:
    asked = f"coalesce(CAST(:version AS INTEGER), {version})"
    audio = AUDIO_OF.format(version=asked)
    return text(_FILE.format(version=asked, of=of, audio=audio, whose=whose))


_DOWNLOAD = _file(
    "shares s JOIN", SHOWN_VERSION, f"s.id = :share AND s.allow_download AND {LEADS_TO}"
)
_OWN_DOWNLOAD = _file(
    "(SELECT 1 AS one) asked JOIN",
    "t.version",
    "t.creator_id = :user AND t.removed_at IS NULL "
    "AND t.organization_id NOT IN (SELECT organization_id FROM suspensions)",
)


class ShownTrack(NamedTuple):
    """A track with what was derived from its audio, None where there is nothing; a cover that it was given,
    by the number `given_cover`, is in place of the one from its file. `size_bytes` is that file's."""

    track: Track
    peaks: bytes | None
    cover: bytes | None
    cover_small: bytes | None
    given_cover: int | None
    size_bytes: int


class ShownCollection(NamedTuple):
    """The collection that a link leads to. `given_cover` numbers what it was given as its cover; if `cover`
    is None even so, none is shown."""

    id: int
    name: str
    description: str | None
    cover_track_id: int | None
    given_cover: int | None
    cover: bytes | None


class ShownLink(NamedTuple):
    """A link and what it leads to; `collection` is None if that is a track. `more` is how many tracks there
    are behind these."""

    id: int
    rotation: int
    visibility: str
    allow_download: bool
    preview: bool
    expires_at: int | None
    created_at: int
    is_pinned: bool
    tracks: list[ShownTrack]
    collection: ShownCollection | None
    more: int = 0


class Download(NamedTuple):
    """A file that may be downloaded: as its creator uploaded it, or with this server's manifest in it, if
    there is such a one (`embedded`)."""

    title: str
    digest: bytes
    size_bytes: int
    content_type: str
    version: int
    embedded: Embedded | None


def find_download(
    connection: Connection, share_id: int, track_id: int, version: int | None = None
) -> Download | None:
    """Return the file of a track that the link leads to, if its creator lets it be downloaded: of this
    version, or of the one that the link leads to."""
    asked = {"share": share_id, "track": track_id, "version": version}
    row = connection.execute(_DOWNLOAD, asked).one_or_none()
    return None if row is None else _download(row)


def find_own_download(
    connection: Connection, user_id: int, track_id: int, version: int | None = None
) -> Download | None:
    """Return the file of a track that exists, for the user who made it: of this version, or of the current
    one, as they put it in. None while its organisation is suspended."""
    asked = {"user": user_id, "track": track_id, "version": version}
    row = connection.execute(_OWN_DOWNLOAD, asked).one_or_none()
    return None if row is None else _download(row)._replace(embedded=None)


def _download(row: Row[tuple[object, ...]]) -> Download:
    return Download(
        row.title, row.digest, row.size_bytes, row.content_type, row.version, embedded_of(row)
    )


def find_shown(connection: Connection, share_id: int) -> ShownLink | None:
    """Return the link with its existing tracks, in order; None if the link or its target is gone. What is
    read here must be in its fingerprint (`store/fingerprints.py`)."""
    link = connection.execute(_LINK, {"share": share_id}).one_or_none()
    if link is None:
        return None
    rows = connection.execute(_TRACKS_SHOWN, {"share": share_id, "most": MOST_TRACKS}).all()
    found = link[_OF_COLLECTION:]
    collection = None if found[0] is None else ShownCollection(*found)
    if collection is None and not rows:
        return None
    more = rows[0].of_all - len(rows) if rows else 0
    by_link = partial(Track.by_link, made_at=link.created_at, is_pinned=link.is_pinned)
    tracks = marked(connection, [by_link(track_of(row)) for row in rows])
    shown = [_shown_track(row, track) for row, track in zip(rows, tracks, strict=True)]
    return ShownLink(*(*link[:_OF_COLLECTION], shown, collection, more))


def _shown_track(row: Row[tuple[object, ...]], track: Track) -> ShownTrack:
    return ShownTrack(
        track,
        row.peaks,
        row.cover_digest,
        row.cover_small_digest,
        row.given_cover,
        row.size_bytes,
    )
