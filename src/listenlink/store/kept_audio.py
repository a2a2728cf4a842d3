"""Which stored audio is needed: by tracks that exist, as that of any of their versions; and letting go of
what isn't."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, exists, or_, select, union_all, update

from listenlink.store import tables

_AUDIO = tables.audio_objects
_TRACKS = tables.tracks
_VERSIONS = tables.track_versions
_OBJECTS = (
    _AUDIO.c.digest,
    _AUDIO.c.cover_digest,
    _AUDIO.c.cover_small_digest,
    _AUDIO.c.rendition_digest,
)
_IS_NEEDED = or_(
    exists().where(_TRACKS.c.audio_id == _AUDIO.c.id, _TRACKS.c.removed_at.is_(None)),
    exists().where(
        _VERSIONS.c.audio_id == _AUDIO.c.id,
        _TRACKS.c.id == _VERSIONS.c.track_id,
        _TRACKS.c.removed_at.is_(None),
    ),
)
_MOST_AT_ONCE = 500


def find_audio(connection: Connection, track_id: int) -> list[int]:
    """Return the audio of all of a track's versions, removed or not."""
    of_track = select(_TRACKS.c.audio_id).where(_TRACKS.c.id == track_id)
    of_versions = select(_VERSIONS.c.audio_id).where(
        _VERSIONS.c.track_id == track_id, _VERSIONS.c.audio_id.is_not(None)
    )
    return list(connection.execute(union_all(of_track, of_versions)).scalars())


def discard_unneeded(connection: Connection, audio: Collection[int], now_us: int) -> list[bytes]:
    """Mark those of these for removal that nothing needs; return their digests, and those of what was derived
    from them, which other audio may still need."""
    numbers, gone = list(audio), list[bytes]()
    for start in range(0, len(numbers), _MOST_AT_ONCE):
        gone += discard_where(
            connection, _AUDIO.c.id.in_(numbers[start : start + _MOST_AT_ONCE]), now_us
        )
    return gone


def discard_where(connection: Connection, which: ColumnElement[bool], now_us: int) -> list[bytes]:
    """The same of the audio that meets this condition and isn't marked yet."""
    unneeded = which & ~_IS_NEEDED & _AUDIO.c.discarded_at.is_(None)
    rows = connection.execute(select(*_OBJECTS).where(unneeded)).all()
    if rows:
        connection.execute(update(_AUDIO).where(unneeded).values(discarded_at=now_us))
    return [digest for row in rows for digest in row if digest is not None]
