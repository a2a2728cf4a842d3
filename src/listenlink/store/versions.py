"""The versions of tracks: rows of them and of their turns, and what the track's own row says of both.

A track that has had only one version has no such rows; they are written when the second comes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from listenlink.model.licence import Licence, LicenceClass
from listenlink.model.track import Track
from listenlink.model.versions import Turn, Version, Versions
from listenlink.store import tables, usage

_TRACKS = tables.tracks
_ROWS = tables.track_versions
_TURNS = tables.track_turns
_AUDIO = tables.audio_objects
# Of a version, as its own row and that of the track it's current of have them.
_FACTS = (
    "audio_id",
    "engine",
    "sample_count",
    "sample_rate",
    "is_shorter_than_declared",
    "stamp_class",
    "stamp_version",
    "stamp_requires_attribution",
    "stamp_attribution_text",
)


class VersionFile(NamedTuple):
    """The file that a version was put in as."""

    size_bytes: int
    content_type: str


def has_version(connection: Connection, track_id: int, number: int) -> bool:
    """Whether the track has had a version of this number, besides its first."""
    row = select(_ROWS.c.number).where(_ROWS.c.track_id == track_id, _ROWS.c.number == number)
    return connection.execute(row).one_or_none() is not None


def list_files(connection: Connection, track_id: int) -> dict[int, VersionFile]:
    """Return the files of a track's versions by number, without those that were removed."""
    of_versions = (
        select(_ROWS.c.number, _AUDIO.c.size_bytes, _AUDIO.c.content_type)
        .join(_AUDIO, _AUDIO.c.id == _ROWS.c.audio_id)
        .where(_ROWS.c.track_id == track_id)
    )
    of_track = (
        select(_TRACKS.c.version, _AUDIO.c.size_bytes, _AUDIO.c.content_type)
        .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
        .where(_TRACKS.c.id == track_id)
    )
    return {
        number: VersionFile(*file)
        for rows in (of_track, of_versions)
        for number, *file in connection.execute(rows)
    }


def add_version(connection: Connection, track: Track, version: Version, audio_id: int) -> Versions:
    """Add a version, which isn't current yet, to a track that exists; return all of them."""
    if track.versions is None:
        _begin(connection, track)
    connection.execute(
        insert(_ROWS).values(
            track_id=track.id,
            number=version.number,
            audio_id=audio_id,
            engine=version.engine,
            sample_count=version.sample_count,
            sample_rate=version.sample_rate,
            is_shorter_than_declared=version.is_shorter_than_declared,
            stamp_class=version.stamp.licence_class.value,
            stamp_version=version.stamp.version,
            stamp_requires_attribution=version.stamp.requires_attribution,
            stamp_attribution_text=version.stamp.attribution_text,
            created_at=version.created_at,
        )
    )
    return _write(connection, track.id)


def make_current(connection: Connection, track_id: int, turn: Turn) -> Versions:
    """Let a version that is there be the track's from then on; return all of them."""
    connection.execute(insert(_TURNS).values(track_id=track_id, **turn._asdict()))
    facts = connection.execute(
        select(*(_ROWS.c[name] for name in _FACTS)).where(_is(track_id, turn.number))
    ).one()
    changed = {**facts._mapping, "version": turn.number}
    connection.execute(update(_TRACKS).where(_TRACKS.c.id == track_id).values(**changed))
    return _write(connection, track_id)


def remove_version(connection: Connection, track_id: int, number: int, now_us: int) -> list[int]:
    """Remove a version that isn't current for good; return the numbers of the audio that it had."""
    which = _is(track_id, number)
    audio = list(connection.execute(select(_ROWS.c.audio_id).where(which)).scalars())
    connection.execute(update(_ROWS).where(which).values(audio_id=None, removed_at=now_us))
    _write(connection, track_id)
    return audio


def _is(track_id: int, number: int) -> Any:
    return (_ROWS.c.track_id == track_id) & (_ROWS.c.number == number)


def _begin(connection: Connection, track: Track) -> None:
    """Write what the track has been until now as its first version, and since when."""
    (turn,) = track.all_versions.turns
    row = connection.execute(
        select(*(_TRACKS.c[name] for name in (*_FACTS, "created_at"))).where(
            _TRACKS.c.id == track.id
        )
    ).one()
    first = {"track_id": track.id, "number": turn.number, **row._mapping}
    connection.execute(insert(_ROWS).values(**first))
    connection.execute(insert(_TURNS).values(track_id=track.id, **turn._asdict()))


def _write(connection: Connection, track_id: int) -> Versions:
    """Write with the track what the rows say of its versions, and count their bytes."""
    rows = select(_ROWS).where(_ROWS.c.track_id == track_id).order_by(_ROWS.c.number)
    turns = select(_TURNS.c.since, _TURNS.c.number).where(_TURNS.c.track_id == track_id)
    versions = Versions(
        tuple(_version_of(row) for row in connection.execute(rows)),
        tuple(Turn(*row) for row in connection.execute(turns.order_by(_TURNS.c.since))),
    )
    written = update(_TRACKS).where(_TRACKS.c.id == track_id).values(versions=versions.write())
    connection.execute(written)
    usage.count_versions(connection, track_id)
    return versions


def _version_of(row: Row[tuple[object, ...]]) -> Version:
    stamp = Licence(
        LicenceClass(row.stamp_class),
        row.stamp_version,
        row.stamp_requires_attribution,
        row.stamp_attribution_text,
    )
    return Version(
        row.number,
        row.engine,
        stamp,
        row.created_at,
        row.sample_count,
        row.sample_rate,
        row.is_shorter_than_declared,
        row.removed_at is not None,
    )
