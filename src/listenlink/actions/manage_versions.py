"""A track's versions, for its creator: put a new one in, list them, make one current again, remove one for
good."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.manage_library import get_made
from listenlink.actions.manage_tracks import discard_objects
from listenlink.actions.mark_track import mark_version
from listenlink.actions.note_account import note_account
from listenlink.actions.refuse_upload import require_quota
from listenlink.actions.telling.note_tracks import note_ready_already, note_replaced
from listenlink.actions.upload_track import TrackUploader
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.disk.draft import Draft
from listenlink.media.measure import Measured
from listenlink.media.storage import Storage
from listenlink.model import ids
from listenlink.model.track import StoredAudio, Track
from listenlink.model.version_facts import VersionFacts
from listenlink.model.versions import MOST_TURNS, MOST_VERSIONS, Turn, Version, Versions
from listenlink.store import kept_audio, tracks
from listenlink.store import versions as store
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made
from listenlink.store.newest_link import find_newest_moment
from listenlink.store.versions import VersionFile

_CURRENT = "This version is the current one. Make another one current first."


@dataclass(frozen=True, slots=True)
class ListedVersions:
    """A track with all its versions, and the files of those that are there, by number."""

    track: Track
    versions: Versions
    files: dict[int, VersionFile]


async def add_version(
    uploader: TrackUploader,
    caller: Caller,
    track_id: int,
    draft: Draft,
    facts: VersionFacts,
    now_us: int,
    doing: Doing[Track] = always,
) -> Track:
    """Put a new version of the caller's track in and return the track. The draft is gone afterwards.

    Raises Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it; a 422
    Problem if it has as many versions as there may be; and what an upload raises.
    """

    def make(connection: Connection, measured: Measured, audio: StoredAudio) -> Track:
        track = require_room(connection, caller, track_id, is_current=facts.is_current)
        require_few(connection, Made.VERSION, caller.owner, now_us)
        version = _draft(uploader, track, facts, measured, now_us)
        audio_id = tracks.add_audio(connection, audio, now_us)
        versions = store.add_version(connection, track, version, audio_id)
        mark_version(connection, uploader.registry, track, version, audio_id)
        if facts.is_current:
            _turn(connection, track, versions, version.number, uploader.clock.now_us())
            note_ready_already(connection, track_id, now_us)
        # In this transaction: of two uploads for the last bytes one gets them.
        require_quota(
            connection, track.organization_id, audio.size_bytes, now_us, is_new_track=False
        )
        named = ids.public_id(ids.TRACK, track_id)
        note_account(connection, caller, "version_added", named, now_us)
        return get_made(connection, caller, track_id)

    return await uploader.take_in(caller, draft, make, doing)


def _draft(
    uploader: TrackUploader, track: Track, facts: VersionFacts, measured: Measured, now_us: int
) -> Version:
    engine = facts.engine or track.engine
    return Version(
        len(track.all_versions.items) + 1,
        engine,
        uploader.registry.stamp(engine, now_us),
        now_us,
        measured.sample_count,
        measured.sample_rate,
        measured.is_shorter_than_declared,
    )


async def get_open_to_versions(database: Database, caller: Caller, track_id: int) -> Track:
    """Return the caller's track if it can have one more version, before anything is sent. Raises Problem as
    `add_version`."""
    return await database.read(
        lambda connection: require_room(connection, caller, track_id, is_current=False)
    )


def require_room(
    connection: Connection, caller: Caller, track_id: int, *, is_current: bool
) -> Track:
    """The same, within a transaction, for one that is current at once or isn't."""
    track = get_made(connection, caller, track_id)
    if len(track.all_versions.items) >= MOST_VERSIONS:
        raise invalid(
            "file", f"A track has {MOST_VERSIONS} versions at most, with those that were removed."
        )
    if is_current:
        _require_turn(track.all_versions)
    return track


async def list_versions(database: Database, caller: Caller, track_id: int) -> ListedVersions:
    """Return the versions of the caller's track. Raises Problem(NOT_FOUND), and
    Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it."""
    return await database.read(lambda connection: look_at_versions(connection, caller, track_id))


def look_at_versions(connection: Connection, caller: Caller, track_id: int) -> ListedVersions:
    """The same, within a transaction."""
    track = get_made(connection, caller, track_id)
    return ListedVersions(track, track.all_versions, store.list_files(connection, track_id))


async def make_current(
    database: Database, caller: Caller, track_id: int, number: int, now_us: int
) -> ListedVersions:
    """Make a version of the caller's track the current one; if it's that already, nothing changes.

    Raises Problem as `list_versions`, Problem(NOT_FOUND) also if there is no such version any more, and a 422
    Problem once it was changed as often as it may.
    """

    def make(connection: Connection) -> ListedVersions:
        track = get_made(connection, caller, track_id)
        versions = track.all_versions
        if versions.find(number) is None:
            raise Problem(ProblemKind.NOT_FOUND)
        if versions.current.number != number:
            _turn(connection, track, versions, number, now_us)
            named = ids.public_id(ids.TRACK, track_id)
            note_account(connection, caller, "version_made_current", named, now_us)
        return look_at_versions(connection, caller, track_id)

    return await write_as(database, caller, make)


async def remove_version(
    database: Database,
    storage: Storage,
    caller: Caller,
    track_id: int,
    number: int,
    now_us: int,
) -> None:
    """Remove a version of the caller's track for good: its playback URLs end at once, links that are pinned
    to it lead nowhere, and its bytes go unless something else needs them. For the licence it still counts.

    Raises Problem as `list_versions`, Problem(NOT_FOUND) also if there is no such version any more, and
    Problem(CONFLICT) for the current one.
    """

    def remove(connection: Connection) -> list[bytes]:
        versions = get_made(connection, caller, track_id).all_versions
        if versions.find(number) is None:
            raise Problem(ProblemKind.NOT_FOUND)
        if versions.current.number == number:
            raise Problem(ProblemKind.CONFLICT, _CURRENT)
        audio = store.remove_version(connection, track_id, number, now_us)
        named = ids.public_id(ids.TRACK, track_id)
        note_account(connection, caller, "version_removed", named, now_us)
        return kept_audio.discard_unneeded(connection, audio, now_us)

    await discard_objects(database, storage, await write_as(database, caller, remove))


def _turn(
    connection: Connection, track: Track, versions: Versions, number: int, now_us: int
) -> Versions:
    _require_turn(versions)
    since = find_newest_moment(connection, track.organization_id, now_us)
    turn: Turn = versions.and_turn(number, since).turns[-1]
    note_replaced(connection, track.id, number, now_us)
    return store.make_current(connection, track.id, turn)


def _require_turn(versions: Versions) -> None:
    if len(versions.turns) >= MOST_TURNS:
        raise invalid("current", f"The current version was changed {MOST_TURNS} times already.")
