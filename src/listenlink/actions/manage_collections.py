"""A creator's collections: make, get, list, change and delete them; their tracks and the tracks' order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.bound_making import require_few
from listenlink.actions.idempotency import Doing, always
from listenlink.actions.manage_tracks import discard_objects
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.media.storage import Storage
from listenlink.model.collection import Collection, CollectionFacts, read_collection
from listenlink.model.collection_order import Arranged, mark_of
from listenlink.model.cover import Cover, Covered
from listenlink.model.listing import Found, Slice
from listenlink.store import collection_tracks, collections, given_covers, tracks
from listenlink.store.collection_tracks import Member
from listenlink.store.database.database import Database
from listenlink.store.made_things import Made
from listenlink.wire.bodies import MOST_ORDERED

# Putting them in order writes each, while everybody else's writing waits.
MOST_TRACKS = 2000


async def make_collection(
    database: Database,
    caller: Caller,
    name: str,
    description: str | None,
    cover_image_url: str | None,
    now_us: int,
    doing: Doing[Collection] = always,
) -> Collection:
    """Make a new, empty collection for the caller. Raises a 422 Problem as `read_collection` does."""
    said: CollectionFacts = {
        "name": name,
        "description": description,
        "cover_image_url": cover_image_url,
    }
    read: dict[str, Any] = read_collection(said)
    draft = Collection(
        id=0,
        organization_id=caller.owner.organization_id,
        owner_id=caller.owner.user_id,
        cover_track_id=None,
        created_at=now_us,
        updated_at=now_us,
        **read,
    )

    def add(connection: Connection) -> Collection:
        require_few(connection, Made.COLLECTION, caller.owner, now_us)
        number = collections.add_collection(connection, draft)
        return get_own(connection, caller, number)

    return await write_as(database, caller, lambda connection: doing(connection, add))


async def get_collection(database: Database, caller: Caller, collection_id: int) -> Collection:
    """Return the caller's collection with its number of tracks. Raises Problem(NOT_FOUND)."""
    return await database.read(lambda connection: get_own(connection, caller, collection_id))


async def get_cover(database: Database, caller: Caller, collection_id: int) -> Cover | None:
    """Return the cover that is shown of the caller's collection, None if none is. Raises
    Problem(NOT_FOUND)."""

    def find(connection: Connection) -> Cover | None:
        get_own(connection, caller, collection_id)
        return given_covers.find_of_collection(connection, collection_id)

    return await database.read(find)


async def list_collections(database: Database, caller: Caller, part: Slice) -> Found[Collection]:
    """Return a slice of the caller's collections, newest first."""
    return await database.read(
        lambda connection: collections.list_own_collections(connection, *caller.owner, part)
    )


async def change_collection(
    database: Database,
    caller: Caller,
    collection_id: int,
    changes: CollectionFacts,
    now_us: int,
) -> Collection:
    """Change what is said and return the collection.

    Raises Problem(NOT_FOUND), also for a cover that isn't one of the caller's tracks, and a 422 Problem as
    `make_collection` does.
    """
    read, cover = read_collection(changes), changes.get("cover_track_id")

    def change(connection: Connection) -> Collection:
        get_own(connection, caller, collection_id)
        if cover is not None:
            require_own_track(connection, caller, cover)
            given_covers.show_again(connection, collection_id)
        if read:
            collections.change_collection(connection, collection_id, read, now_us)
        return get_own(connection, caller, collection_id)

    return await write_as(database, caller, change)


async def add_track(
    database: Database,
    caller: Caller,
    collection_id: int,
    track_id: int,
    now_us: int,
) -> Collection:
    """Append the track and return the collection; adding it again changes nothing. Raises what `add_tracks`
    raises."""
    return await add_tracks(database, caller, collection_id, [track_id], now_us)


async def add_tracks(
    database: Database,
    caller: Caller,
    collection_id: int,
    track_ids: Sequence[int],
    now_us: int,
) -> Collection:
    """Append all of these tracks, in this order, or none, and return the collection; those that are in it
    already stay where they are.

    Raises Problem(NOT_FOUND) if anything isn't the caller's, and Problem(INVALID) for one track too many.
    """

    def append(connection: Connection) -> Collection:
        get_own(connection, caller, collection_id)
        for track_id in track_ids:
            require_own_track(connection, caller, track_id)
            append_track(connection, collection_id, track_id, now_us)
        return get_own(connection, caller, collection_id)

    return await write_as(database, caller, append)


def append_track(connection: Connection, collection_id: int, track_id: int, now_us: int) -> None:
    """Put a track into a collection, both the caller's. Raises Problem(INVALID) for one too many."""
    is_new = collection_tracks.append_track(connection, collection_id, track_id, now_us)
    if is_new and collection_tracks.count_tracks(connection, collection_id) > MOST_TRACKS:
        raise invalid("track_id", f"A collection has at most {MOST_TRACKS} tracks.")


async def list_members(
    database: Database, caller: Caller, collection_id: int, part: Slice
) -> Found[Member]:
    """Return a slice of the tracks in the caller's collection, in order. Raises Problem(NOT_FOUND)."""

    def find(connection: Connection) -> Found[Member]:
        get_own(connection, caller, collection_id)
        return collection_tracks.list_members(connection, collection_id, part)

    return await database.read(find)


async def remove_track(
    database: Database, caller: Caller, collection_id: int, track_id: int, now_us: int
) -> Arranged | None:
    """Take a track out of the caller's collection, and return where it was; None if it wasn't there.

    Raises Problem(NOT_FOUND) if either isn't the caller's.
    """

    def remove(connection: Connection) -> Arranged | None:
        get_own(connection, caller, collection_id)
        require_own_track(connection, caller, track_id)
        members = collection_tracks.list_order(connection, collection_id)
        order = [member.track_id for member in members]
        if track_id not in order:
            return None
        collection_tracks.remove_member(connection, collection_id, track_id, now_us)
        was = order.index(track_id)
        del order[was]
        return Arranged(track_id, members[was].added_at, was, None, mark_of(order))

    return await write_as(database, caller, remove)


async def reorder(
    database: Database, caller: Caller, collection_id: int, wanted: Sequence[int], now_us: int
) -> None:
    """Put the named tracks first, in this order; the others follow in the order they had. What isn't in the
    collection is ignored. Raises Problem(NOT_FOUND), and Problem(INVALID) for too many."""
    if len(wanted) > MOST_ORDERED:
        raise invalid("ordered_track_ids", f"This names at most {MOST_ORDERED} tracks.")

    def put_in_order(connection: Connection) -> None:
        get_own(connection, caller, collection_id)
        collection_tracks.reorder(connection, collection_id, wanted, now_us)

    await write_as(database, caller, put_in_order)


async def delete_collection(
    database: Database, storage: Storage, caller: Caller, collection_id: int, now_us: int
) -> None:
    """Delete the caller's collection and the cover it was given; its tracks stay. Raises
    Problem(NOT_FOUND)."""

    def remove(connection: Connection) -> list[bytes]:
        if not collections.remove_collection(connection, *caller.owner, collection_id, now_us):
            raise Problem(ProblemKind.NOT_FOUND)
        return given_covers.take_back(connection, Covered(collection_id=collection_id))

    await discard_objects(database, storage, await write_as(database, caller, remove))


def get_own(connection: Connection, caller: Caller, collection_id: int) -> Collection:
    """Return the caller's collection with its number of tracks. Raises Problem(NOT_FOUND)."""
    found = collections.find_own_collection(connection, *caller.owner, collection_id)
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return found


def require_own_track(connection: Connection, caller: Caller, track_id: int) -> None:
    """Raise Problem(NOT_FOUND) unless the caller made the track."""
    if tracks.find_own_track(connection, *caller.owner, track_id) is None:
        raise Problem(ProblemKind.NOT_FOUND)
