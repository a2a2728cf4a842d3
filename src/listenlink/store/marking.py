"""What is still to be read of files, and to be signed for versions; and who is at it.

What was begun and not finished, because the process died, is begun again later.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true, update

from listenlink.model.mark import Ai
from listenlink.store import tables

_MARKS = tables.track_marks
_OLDER = tables.track_marks.alias("older")
_AUDIO = tables.audio_objects
_TRACKS = tables.tracks
_MANIFESTS = tables.manifests
# What has begun that long ago has died.
_GIVEN_UP_US = 10 * 60 * 1_000_000


# Versions as `Unsigned`, with their manifests.
_VERSIONS = (
    select(
        _MARKS.c.track_id,
        _MARKS.c.version,
        _AUDIO.c.id,
        _AUDIO.c.digest,
        _AUDIO.c.content_type,
        _TRACKS.c.title,
        _TRACKS.c.creator_id,
    )
    .join(_AUDIO, _AUDIO.c.id == _MARKS.c.audio_id)
    .join(_TRACKS, _TRACKS.c.id == _MARKS.c.track_id)
    .outerjoin(
        _MANIFESTS,
        and_(
            _MANIFESTS.c.track_id == _MARKS.c.track_id,
            _MANIFESTS.c.version == _MARKS.c.version,
        ),
    )
)


class Unread(NamedTuple):
    """A stored file of which it isn't known what it says of itself, and who made a track of it."""

    audio_id: int
    digest: bytes
    content_type: str
    user_id: int


class Unsigned(NamedTuple):
    """A version for which there is no manifest, or one that says less than is known by now; and who made the
    track."""

    track_id: int
    version: int
    audio_id: int
    digest: bytes
    content_type: str
    title: str
    user_id: int


def find_unread(connection: Connection, now_us: int, but_of: Collection[int] = ()) -> Unread | None:
    """Return a file that is to be read and that nobody is at, of the newest track that none of the users
    `but_of` made; None if none waits."""
    row = connection.execute(
        select(_AUDIO.c.id, _AUDIO.c.digest, _AUDIO.c.content_type, _TRACKS.c.creator_id)
        .join(_MARKS, _MARKS.c.audio_id == _AUDIO.c.id)
        .join(_TRACKS, _TRACKS.c.id == _MARKS.c.track_id)
        .where(
            _MARKS.c.read_at.is_(None),
            _AUDIO.c.discarded_at.is_(None),
            _is_free(now_us),
            _TRACKS.c.creator_id.not_in(but_of),
        )
        .order_by(_MARKS.c.track_id.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else Unread(*row)


def begin_reading(connection: Connection, audio_id: int, now_us: int) -> bool:
    """Say that this file is being read from now on; False if somebody else was faster."""
    these = and_(_MARKS.c.audio_id == audio_id, _MARKS.c.read_at.is_(None))
    return _begin(connection, these, now_us)


def list_tracks_of(connection: Connection, audio_id: int) -> list[int]:
    """List the tracks one of whose versions has these bytes, or had them."""
    found = select(_MARKS.c.track_id).where(_MARKS.c.audio_id == audio_id).distinct()
    return list(connection.execute(found.order_by(_MARKS.c.track_id)).scalars())


def find_unsigned(
    connection: Connection,
    after: int,
    up_to: int | None,
    now_us: int,
    but_of: Collection[int] = (),
) -> Unsigned | None:
    """Return a version that is to be signed for and that nobody is at, of the first track whose number is
    greater than `after`, and not greater than `up_to`, and that none of the users `but_of` made; None if none
    waits. Its file was read before."""
    row = connection.execute(
        _VERSIONS.where(
            _MARKS.c.track_id > after,
            true() if up_to is None else _MARKS.c.track_id <= up_to,
            _MARKS.c.read_at.is_not(None),
            _AUDIO.c.discarded_at.is_(None),
            _TRACKS.c.removed_at.is_(None),
            _TRACKS.c.creator_id.not_in(but_of),
            _is_free(now_us),
            _says_more(func.coalesce(_MANIFESTS.c.ai, 0)),
        )
        .order_by(_MARKS.c.track_id, _MARKS.c.version)
        .limit(1)
    ).one_or_none()
    return None if row is None else Unsigned(*row)


def find_slice_end(connection: Connection, after: int, most: int) -> int | None:
    """Return the track up to which there are so many versions behind this one; None if there are fewer."""
    rows = (
        select(_MARKS.c.track_id)
        .where(_MARKS.c.track_id > after)
        .order_by(_MARKS.c.track_id)
        .offset(most)
        .limit(1)
    )
    return connection.execute(rows).scalar_one_or_none()


def is_said_more(connection: Connection, engine: str, ai: Ai) -> bool:
    """Whether there are versions of which less is known than this engine says now."""
    lower = select(_MARKS.c.track_id).where(_MARKS.c.made_with == engine, _MARKS.c.by_engine < ai)
    return connection.execute(lower.limit(1)).one_or_none() is not None


def begin_signing(connection: Connection, version: Unsigned, now_us: int) -> bool:
    """Say that this version is being signed for from now on; False if somebody else was faster."""
    this = and_(_MARKS.c.track_id == version.track_id, _MARKS.c.version == version.version)
    return _begin(connection, this, now_us)


def end(connection: Connection, audio_id: int) -> None:
    """Say that nobody is at these bytes any more."""
    connection.execute(
        update(_MARKS)
        .where(_MARKS.c.audio_id == audio_id, _MARKS.c.begun_at.is_not(None))
        .values(begun_at=None)
    )


def _says_more(signed: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether more is known of a version, or of one before it, than was signed; `Mark.signed` in SQL."""
    return exists().where(
        _OLDER.c.track_id == _MARKS.c.track_id,
        _OLDER.c.version <= _MARKS.c.version,
        or_(_OLDER.c.by_engine > signed, _OLDER.c.by_creator > signed),
    )


def _is_free(now_us: int) -> ColumnElement[bool]:
    """Whether nobody is at it: whoever began long ago has died, and so has who began as long after now, when
    the clock was ahead."""
    begun_at = _MARKS.c.begun_at
    return or_(
        begun_at.is_(None), begun_at < now_us - _GIVEN_UP_US, begun_at > now_us + _GIVEN_UP_US
    )


def _begin(connection: Connection, these: ColumnElement[bool], now_us: int) -> bool:
    begun = connection.execute(
        update(_MARKS).where(these, _is_free(now_us)).values(begun_at=now_us)
    )
    return begun.rowcount > 0
