"""Tracks and the stored audio behind them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Row, bindparam, case, func, insert, not_, or_, select, update

from listenlink.model.declared import read_declarations
from listenlink.model.licence import Licence, LicenceClass
from listenlink.model.track import StoredAudio, Track
from listenlink.model.versions import read_versions
from listenlink.store import checksums, given_covers, tables, usage
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own

_TRACKS = tables.tracks
_AUDIO = tables.audio_objects
_DERIVED = (_AUDIO.c.cover_digest, _AUDIO.c.cover_small_digest, _AUDIO.c.rendition_digest)
_MADE = (
    *_DERIVED,
    _AUDIO.c.peaks,
    _AUDIO.c.loudness_lufs,
    _AUDIO.c.rendition_size_bytes,
    _AUDIO.c.rendition_content_type,
    _AUDIO.c.derivation_began_at,
)
_OBJECTS = (_AUDIO.c.digest, *_DERIVED)
# A track and the audio that is played for it: none while its organisation is suspended, so that nobody who
# saved it gets an address in a bucket, which would work for some minutes.
_IS_SUSPENDED = _TRACKS.c.organization_id.in_(select(tables.suspensions.c.organization_id))
PLAYED = (
    select(
        _TRACKS,
        case(
            (not_(_IS_SUSPENDED), func.coalesce(_AUDIO.c.rendition_digest, _AUDIO.c.digest))
        ).label("object_digest"),
    )
    .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
)  # fmt: skip

# The digest of what is played of another version than the current one.
PLAYED_OF_VERSION = (
    select(func.coalesce(_AUDIO.c.rendition_digest, _AUDIO.c.digest))
    .join(tables.track_versions, tables.track_versions.c.audio_id == _AUDIO.c.id)
    .where(
        tables.track_versions.c.track_id == bindparam("track"),
        tables.track_versions.c.number == bindparam("version"),
    )
)


def add_audio(connection: Connection, audio: StoredAudio, now_us: int) -> int:
    """Return the number of the stored object with these bytes: added if new, revived if discarded."""
    found = connection.execute(select(_AUDIO.c.id).where(_AUDIO.c.digest == audio.digest)).scalar()
    if found is not None:
        # If it had been discarded, what was derived from it is gone.
        connection.execute(
            update(_AUDIO)
            .where(_AUDIO.c.id == found, _AUDIO.c.discarded_at.is_not(None))
            .values(discarded_at=None, derived_at=None, **{column.name: None for column in _MADE})
        )
        checksums.keep_checksum(connection, int(found), audio.crc32)
        return int(found)
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_AUDIO).values(
                id=number,
                digest=audio.digest,
                size_bytes=audio.size_bytes,
                content_type=audio.content_type,
                crc32=audio.crc32,
                created_at=now_us,
            )
        ),
    )


def is_object_kept(connection: Connection, digest: bytes) -> bool:
    """Whether anything needs these bytes: a track, as its audio or as something derived from it, or whatever
    was given them as its cover."""
    row = select(_AUDIO.c.id).where(
        or_(*(column == digest for column in _OBJECTS)), _AUDIO.c.discarded_at.is_(None)
    )
    if connection.execute(row.limit(1)).one_or_none() is not None:
        return True
    return given_covers.is_given(connection, digest)


def add_track(connection: Connection, track: Track, audio_id: int) -> Track:
    """Insert the track under a fresh number and return it with that number."""
    values = {
        "organization_id": track.organization_id,
        "creator_id": track.creator_id,
        "audio_id": audio_id,
        "title": track.title,
        "artist": track.artist,
        "engine": track.engine,
        "mode": track.mode,
        "instrumental": track.instrumental,
        "sample_count": track.sample_count,
        "sample_rate": track.sample_rate,
        "is_shorter_than_declared": track.is_shorter_than_declared,
        "stamp_class": track.stamp.licence_class.value,
        "stamp_version": track.stamp.version,
        "stamp_requires_attribution": track.stamp.requires_attribution,
        "stamp_attribution_text": track.stamp.attribution_text,
        "declared": track.declarations and track.declarations.write(),
        "created_at": track.created_at,
        "counted_bytes": usage.bytes_of_audio(audio_id),
    }
    number = insert_with_new_id(
        connection, lambda number: connection.execute(insert(_TRACKS).values(id=number, **values))
    )
    return find_own_track(connection, track.organization_id, track.creator_id, number) or track


def find_own_track(
    connection: Connection, organization_id: int, creator_id: int, track_id: int
) -> Track | None:
    """Return the creator's track; None if it's somebody else's or was deleted."""
    row = connection.execute(
        PLAYED.where(
            _TRACKS.c.id == track_id,
            own(_TRACKS, organization_id, creator_id),
            _TRACKS.c.removed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else track_of(row)


def find_own_by_audio(
    connection: Connection, organization_id: int, creator_id: int, digest: bytes
) -> int | None:
    """Return the number of the creator's first track with these bytes that still exists."""
    return connection.execute(
        select(_TRACKS.c.id)
        .join(_AUDIO, _AUDIO.c.id == _TRACKS.c.audio_id)
        .where(
            _AUDIO.c.digest == digest,
            own(_TRACKS, organization_id, creator_id),
            _TRACKS.c.removed_at.is_(None),
        )
        .order_by(_TRACKS.c.created_at)
        .limit(1)
    ).scalar()


def list_own_titles(
    connection: Connection, organization_id: int, creator_id: int
) -> list[tuple[int, str]]:
    """List the creator's tracks that still exist, by number and title, the oldest first."""
    rows = connection.execute(
        select(_TRACKS.c.id, _TRACKS.c.title)
        .where(
            own(_TRACKS, organization_id, creator_id),
            _TRACKS.c.removed_at.is_(None),
        )
        .order_by(_TRACKS.c.created_at, _TRACKS.c.title)
    )
    return [(row.id, row.title) for row in rows]


def change_track(connection: Connection, track_id: int, changes: Mapping[str, object]) -> None:
    """Set these columns of the track."""
    connection.execute(update(_TRACKS).where(_TRACKS.c.id == track_id).values(**changes))


def remove_track(
    connection: Connection, organization_id: int, creator_id: int, track_id: int, now_us: int
) -> bool:
    """Soft-delete the creator's track; return whether there was one."""
    removed = connection.execute(
        update(_TRACKS)
        .where(
            _TRACKS.c.id == track_id,
            own(_TRACKS, organization_id, creator_id),
            _TRACKS.c.removed_at.is_(None),
        )
        .values(removed_at=now_us)
    )
    return removed.rowcount == 1


def list_discarded_audio(connection: Connection) -> list[bytes]:
    """List digests of bytes that perhaps no track needs. Their rows stay: removed tracks refer to them."""
    rows = connection.execute(select(*_OBJECTS).where(_AUDIO.c.discarded_at.is_not(None)))
    return [digest for row in rows for digest in row if digest is not None]


def track_of(row: Row[tuple[object, ...]]) -> Track:
    """Make a track from a whole row of its table or of `PLAYED`."""
    stamp = Licence(
        LicenceClass(row.stamp_class),
        row.stamp_version,
        row.stamp_requires_attribution,
        row.stamp_attribution_text,
    )
    return Track(
        id=row.id,
        organization_id=row.organization_id,
        creator_id=row.creator_id,
        title=row.title,
        artist=row.artist,
        engine=row.engine,
        mode=row.mode,
        instrumental=row.instrumental,
        sample_count=row.sample_count,
        sample_rate=row.sample_rate,
        stamp=stamp,
        created_at=row.created_at,
        object_digest=getattr(row, "object_digest", None),
        is_shorter_than_declared=row.is_shorter_than_declared,
        declarations=None if row.declared is None else read_declarations(row.declared),
        version=row.version,
        versions=None if row.versions is None else read_versions(row.versions),
        link_made_at=getattr(row, "link_made_at", None),
    )
