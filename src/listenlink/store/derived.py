"""What is derived from stored audio: what is being worked on, and the results."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    case,
    false,
    func,
    or_,
    select,
    union_all,
    update,
)

from listenlink.model.sound import Derived, Sound
from listenlink.store import tables, usage
from listenlink.store.given_covers import shown_of_track

_AUDIO = tables.audio_objects
_TRACKS = tables.tracks
_GIVEN = tables.given_covers
_VERSIONS = tables.track_versions
_COVERS = ("cover_digest", "cover_small_digest")
_UNDERIVED = (_AUDIO.c.derived_at.is_(None), _AUDIO.c.discarded_at.is_(None))
# Whose audio, and how long: that of tracks that exist, and of their other versions.
_LENGTHS = ("audio_id", "sample_count", "sample_rate")
_HAD = union_all(
    select(_TRACKS.c.creator_id, *(_TRACKS.c[name] for name in _LENGTHS))
    .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
    .where(*_UNDERIVED, _TRACKS.c.removed_at.is_(None)),
    select(_TRACKS.c.creator_id, *(_VERSIONS.c[name] for name in _LENGTHS))
    .join(_VERSIONS, _VERSIONS.c.track_id == _TRACKS.c.id)
    .join(_AUDIO, _AUDIO.c.id == _VERSIONS.c.audio_id)
    .where(*_UNDERIVED, _TRACKS.c.removed_at.is_(None), _VERSIONS.c.audio_id != _TRACKS.c.audio_id),
).subquery("had")


class Underived(NamedTuple):
    """Audio from which nothing has been derived yet. It lasts `sample_count` / `sample_rate` seconds."""

    id: int
    digest: bytes
    sample_count: int
    sample_rate: int


class Waiting(NamedTuple):
    """A user some of whose audio waits; from so many of their files something is being derived now."""

    user_id: int
    begun: int


def list_waiting(connection: Connection, now_us: int, given_up_us: int) -> list[Waiting]:
    """Whose audio waits, the oldest first; whoever began before `given_up_us` has died, and so has who began
    as long after now: the clock was ahead then."""
    begun_at = _AUDIO.c.derivation_began_at
    begun = func.coalesce(begun_at.between(given_up_us, 2 * now_us - given_up_us), false())
    rows = connection.execute(
        select(
            _HAD.c.creator_id,
            func.sum(case((begun, 1), else_=0)),
            func.min(case((begun, None), else_=_AUDIO.c.created_at)).label("oldest"),
        )
        .join(_HAD, _HAD.c.audio_id == _AUDIO.c.id)
        .group_by(_HAD.c.creator_id)
        .order_by("oldest")
    )
    return [Waiting(user_id, int(begun)) for user_id, begun, oldest in rows if oldest is not None]


def take_underived(
    connection: Connection, user_id: int, now_us: int, given_up_us: int
) -> Underived | None:
    """Take the oldest waiting audio of a user and mark it as begun; who has died is told as above."""
    row = connection.execute(
        select(_AUDIO.c.id, _AUDIO.c.digest, _HAD.c.sample_count, _HAD.c.sample_rate)
        .join(_HAD, _HAD.c.audio_id == _AUDIO.c.id)
        .where(
            _HAD.c.creator_id == user_id,
            or_(
                _AUDIO.c.derivation_began_at.is_(None),
                _AUDIO.c.derivation_began_at < given_up_us,
                _AUDIO.c.derivation_began_at > 2 * now_us - given_up_us,
            ),
        )
        .order_by(_AUDIO.c.created_at)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    connection.execute(
        update(_AUDIO).where(_AUDIO.c.id == row.id).values(derivation_began_at=now_us)
    )
    return Underived(row.id, row.digest, row.sample_count, row.sample_rate)


def count_underived(connection: Connection) -> int:
    """How many files nothing has been derived from yet, including those being worked on."""
    statement = (
        select(func.count())
        .select_from(_AUDIO)
        .where(_AUDIO.c.derived_at.is_(None), _AUDIO.c.discarded_at.is_(None))
    )
    return int(connection.execute(statement).scalar_one())


def find_sound(connection: Connection, track_id: int, version: int | None = None) -> Sound:
    """Return what was derived from a track's audio: of this version, or of the current one. Covers are those
    that are shown: what the track was given, if anything."""
    columns = [
        shown_of_track(name) if name in _COVERS else _AUDIO.c[name] for name in Derived._fields
    ]
    row = connection.execute(
        select(_AUDIO.c.derived_at, *columns)
        .select_from(_AUDIO)
        .join(_TRACKS, _AUDIO.c.id == _audio_of(version))
        .outerjoin(_GIVEN, _GIVEN.c.track_id == _TRACKS.c.id)
        .where(_TRACKS.c.id == track_id)
    ).one()
    return Sound(row.derived_at is not None, Derived(*row[1:]))


def _audio_of(version: int | None) -> ColumnElement[int | None]:
    if version is None:
        return _TRACKS.c.audio_id
    of_version = (
        select(_VERSIONS.c.audio_id)
        .where(_VERSIONS.c.track_id == _TRACKS.c.id, _VERSIONS.c.number == version)
        .correlate(_TRACKS)
        .scalar_subquery()
    )
    return case((_TRACKS.c.version == version, _TRACKS.c.audio_id), else_=of_version)


def keep_derived(connection: Connection, audio_id: int, derived: Derived, now_us: int) -> bool:
    """Store what was derived; False if the audio was deleted meanwhile."""
    kept = connection.execute(
        update(_AUDIO)
        .where(_AUDIO.c.id == audio_id, _AUDIO.c.discarded_at.is_(None))
        .values(derived_at=now_us, **derived._asdict())
    )
    if derived.rendition_digest is not None:
        usage.count_rendition(connection, audio_id)
    return kept.rowcount == 1


def renew(connection: Connection, audio_id: int, now_us: int) -> None:
    """Say that what was begun is still being worked on."""
    connection.execute(
        update(_AUDIO)
        .where(_AUDIO.c.id == audio_id, _AUDIO.c.derivation_began_at.is_not(None))
        .values(derivation_began_at=now_us)
    )


def put_back(connection: Connection, audio_id: int) -> None:
    """Put audio that was begun but couldn't be worked on back among those that wait."""
    connection.execute(
        update(_AUDIO)
        .where(_AUDIO.c.id == audio_id, _AUDIO.c.derived_at.is_(None))
        .values(derivation_began_at=None)
    )
