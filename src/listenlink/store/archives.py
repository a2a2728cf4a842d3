"""The files of a collection that may be taken along as one archive: by a link, and by its owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, select, text

from listenlink.model.share import Life
from listenlink.store import tables
from listenlink.store.lives import find_lives
from listenlink.store.targets import MOST_TRACKS, SHOWN

_TRACKS = tables.tracks
_AUDIO = tables.audio_objects
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections
_SHARES = tables.shares
_MANIFESTS = tables.manifests
# No link has this number.
_NONE = 0
_FILES_OF_LINK = text(f"""
SELECT t.id, t.title, t.created_at, n.version, a.id, a.digest, a.size_bytes, a.content_type, a.crc32,
    m.embedded_digest, m.embedded_size_bytes, m.embedded_crc32
FROM ({SHOWN}) n JOIN tracks t ON t.id = n.track_id JOIN audio_objects a ON a.id = n.audio_id
LEFT JOIN manifests m ON m.track_id = n.track_id AND m.version = n.version
ORDER BY n.position
""")  # noqa: S608 (made of constants)


class TakenFile(NamedTuple):
    """The file of a version of a track as its creator put it in. `crc32` is None for one that was stored
    before these were kept; `created_at`, in epoch µs, is the track's. Where there is one with a manifest in
    it, that is taken along instead, and what begins with `embedded` is its own."""

    track_id: int
    title: str
    created_at: int
    version: int
    audio_id: int
    digest: bytes
    size_bytes: int
    content_type: str
    crc32: int | None
    embedded_digest: bytes | None = None
    embedded_size_bytes: int | None = None
    embedded_crc32: int | None = None

    @property
    def taken(self) -> tuple[bytes, int, int | None]:
        """Of what is taken along: its SHA-256, its size in bytes, and its CRC-32 if that is known."""
        if self.embedded_digest is None or self.embedded_size_bytes is None:
            return self.digest, self.size_bytes, self.crc32
        return self.embedded_digest, self.embedded_size_bytes, self.embedded_crc32


class TakenCollection(NamedTuple):
    """A collection's files, in order, at most 500. `life` is that of the link that leads to it, None where
    nobody came by a link."""

    name: str
    files: tuple[TakenFile, ...]
    life: Life | None = None


def find_shared(
    connection: Connection, share_id: int, admits: Callable[[Life], bool]
) -> TakenCollection | None:
    """Return what the link leads to, if that is a collection that exists, its creator lets it be downloaded,
    and the link's life admits that. Whatever the reason for None, as much is asked and as little read."""
    found = connection.execute(
        select(_COLLECTIONS.c.name)
        .join(_SHARES, _SHARES.c.collection_id == _COLLECTIONS.c.id)
        .where(_SHARES.c.id == share_id, _SHARES.c.allow_download)
    ).one_or_none()
    life = find_lives(connection, [share_id]).get(share_id)
    is_admitted = found is not None and life is not None and admits(life)
    asked = {"share": share_id if is_admitted else _NONE, "most": MOST_TRACKS}
    files = tuple(TakenFile(*row) for row in connection.execute(_FILES_OF_LINK, asked))
    return TakenCollection(found.name, files, life) if found and is_admitted else None


def find_own(connection: Connection, user_id: int, collection_id: int) -> TakenCollection | None:
    """Return a collection that exists, for its owner; None while its organisation is suspended."""
    found = connection.execute(
        select(_COLLECTIONS.c.name).where(
            _COLLECTIONS.c.id == collection_id,
            _COLLECTIONS.c.owner_id == user_id,
            _COLLECTIONS.c.removed_at.is_(None),
            _COLLECTIONS.c.organization_id.not_in(select(tables.suspensions.c.organization_id)),
        )
    ).one_or_none()
    if found is None:
        return None
    theirs = _TRACKS.c.creator_id == user_id
    return TakenCollection(found.name, _list_files(connection, collection_id, theirs))


def sum_bytes(connection: Connection, collection_id: int) -> int:
    """Return how large the files of a collection are together, of its first 500 tracks."""
    return sum(file.taken[1] for file in _list_files(connection, collection_id))


def _list_files(
    connection: Connection, collection_id: int, *only: ColumnElement[bool]
) -> tuple[TakenFile, ...]:
    rows = connection.execute(
        select(
            _TRACKS.c.id,
            _TRACKS.c.title,
            _TRACKS.c.created_at,
            _TRACKS.c.version,
            _AUDIO.c.id,
            _AUDIO.c.digest,
            _AUDIO.c.size_bytes,
            _AUDIO.c.content_type,
            _AUDIO.c.crc32,
            _MANIFESTS.c.embedded_digest,
            _MANIFESTS.c.embedded_size_bytes,
            _MANIFESTS.c.embedded_crc32,
        )
        .join(_MEMBERS, _MEMBERS.c.track_id == _TRACKS.c.id)
        .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
        .outerjoin(
            _MANIFESTS,
            and_(_MANIFESTS.c.track_id == _TRACKS.c.id, _MANIFESTS.c.version == _TRACKS.c.version),
        )
        .where(_MEMBERS.c.collection_id == collection_id, _TRACKS.c.removed_at.is_(None), *only)
        .order_by(_MEMBERS.c.position)
        .limit(MOST_TRACKS)
    )
    return tuple(TakenFile(*row) for row in rows)
