"""A user's library: list its tracks, get one, put one back in, take one out."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.declare_licence import declare_of_track
from listenlink.actions.mark_track import declare_ai
from listenlink.errors import Problem, ProblemKind
from listenlink.model.declaring import Declaration, read_declaring
from listenlink.model.library import Edge, Wanted
from listenlink.model.listing import Found, Slice
from listenlink.model.mark import Ai, read_declared_ai
from listenlink.model.sound import Sound
from listenlink.model.track import Track
from listenlink.model.track_facts import TrackChanges, read_changes
from listenlink.store import declarations, derived, library, tracks
from listenlink.store.database.database import Database


async def list_tracks(
    database: Database, caller: Caller, wanted: Wanted, part: Slice
) -> Found[Track]:
    """Return a slice of the tracks in the caller's library, newest first."""
    return await database.read(
        lambda connection: library.list_tracks(connection, *caller.owner, wanted, part)
    )


async def get_track(database: Database, caller: Caller, track_id: int) -> Track:
    """Return a track that the caller made or saved. Raises Problem(NOT_FOUND), also for somebody else's."""
    return await database.read(lambda connection: get_in_library(connection, caller, track_id))


async def find_track(database: Database, caller: Caller, track_id: int | None) -> Track | None:
    """Return a track that the caller made or saved, or None if it's gone or somebody else's."""
    if track_id is None:
        return None
    return await database.read(lambda c: library.find_track(c, *caller.owner, track_id))


async def get_sound(database: Database, caller: Caller, track_id: int) -> Sound:
    """Return what was derived from the audio of a track in the library. Raises Problem(NOT_FOUND)."""

    def get(connection: Connection) -> Sound:
        track = get_in_library(connection, caller, track_id)
        return derived.find_sound(connection, track_id, track.version)

    return await database.read(get)


async def find_by_audio(database: Database, caller: Caller, digest: bytes) -> int:
    """Return the number of the caller's own track with these bytes. Raises Problem(NOT_FOUND)."""
    number = await database.read(
        lambda connection: tracks.find_own_by_audio(connection, *caller.owner, digest)
    )
    if number is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return number


async def keep_track(database: Database, caller: Caller, track_id: int, now_us: int) -> Edge:
    """Return the edge to a track in the library, or put back one of the caller's own that was taken out.

    Raises Problem(NOT_FOUND): others' tracks get in only by a link (`actions/save_track.py`).
    """

    def keep(connection: Connection) -> Edge:
        get_in_library(connection, caller, track_id)
        return library.add_edge(connection, *caller.owner, track_id, None, now_us)

    return await write_as(database, caller, keep)


async def take_out(database: Database, caller: Caller, track_id: int) -> None:
    """Take a track out of the caller's library if it's there. Raises Problem(NOT_FOUND) for a track that
    the caller neither made nor saved, about which nothing is revealed."""

    def take(connection: Connection) -> None:
        get_in_library(connection, caller, track_id)
        library.remove_edge(connection, *caller.owner, track_id)

    await write_as(database, caller, take)


async def change_track(
    database: Database, caller: Caller, track_id: int, changes: TrackChanges, now_us: int
) -> Track:
    """Change what is said, declare what is declared, and return the caller's track.

    Raises Problem(NOT_FOUND), Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it, and a 422
    Problem as `read_facts` does.
    """
    read, said = read_changes(changes), read_declaring(changes)
    ai = read_declared_ai(changes.get("ai"))

    def change(connection: Connection) -> Track:
        track = get_made(connection, caller, track_id)
        if read:
            tracks.change_track(connection, track_id, read)
        if said is not None:
            declare_of_track(connection, caller, track, said, now_us)
        if ai is not Ai.NONE:
            declare_ai(connection, caller, track, ai, now_us)
        return get_in_library(connection, caller, track_id)

    return await write_as(database, caller, change)


async def list_declarations(
    database: Database, caller: Caller, track_id: int, part: Slice
) -> Found[Declaration]:
    """Return a slice of what the caller declared of a track of theirs, the newest first. Raises
    Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS) for a user who only saved it."""

    def find(connection: Connection) -> Found[Declaration]:
        track = get_made(connection, caller, track_id)
        return declarations.list_declarations(connection, track.organization_id, track_id, part)

    return await database.read(find)


def get_made(connection: Connection, caller: Caller, track_id: int) -> Track:
    """Return a track that the caller made. Raises Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS)
    for a user who only saved it."""
    track = get_in_library(connection, caller, track_id)
    require_creator(track, caller)
    return track


def require_creator(track: Track, caller: Caller) -> None:
    """Raise Problem(INSUFFICIENT_PERMISSIONS) unless the caller made the track."""
    if (track.organization_id, track.creator_id) != caller.owner:
        raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)


def get_in_library(connection: Connection, caller: Caller, track_id: int) -> Track:
    """Return a track that the caller made or saved. Raises Problem(NOT_FOUND), also for somebody else's."""
    track = library.find_track(connection, *caller.owner, track_id)
    if track is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return track
