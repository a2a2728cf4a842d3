"""A creator's collections: make one, get one, put tracks in, delete one."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.repeat_answer import Doing, always
from listenlink.errors import Problem, ProblemKind
from listenlink.model.collection import Collection
from listenlink.store import collections, tracks
from listenlink.store.database import Database

NAME_LENGTH = 512
DESCRIPTION_LENGTH = 4096


async def make_collection(
    database: Database,
    caller: Caller,
    name: str,
    description: str | None,
    cover_image_url: str | None,
    now_us: int,
    doing: Doing[Collection] = always,
) -> Collection:
    """A new, empty collection of the caller's."""
    draft = Collection(
        id=0,
        organization_id=caller.organization_id,
        owner_id=caller.user_id,
        name=name,
        description=description,
        cover_track_id=None,
        cover_image_url=cover_image_url,
        created_at=now_us,
        updated_at=now_us,
    )

    def add(connection: Connection) -> Collection:
        number = collections.add_collection(connection, draft)
        return _get(connection, caller, number)

    return await database.write(lambda connection: doing(connection, add))


async def get_collection(database: Database, caller: Caller, collection_id: int) -> Collection:
    """The caller's collection with its count of tracks. Raises Problem(NOT_FOUND)."""
    return await database.read(lambda connection: _get(connection, caller, collection_id))


async def add_track(
    database: Database,
    caller: Caller,
    collection_id: int,
    track_id: int,
    now_us: int,
) -> Collection:
    """The collection with the track at its end; the same again changes nothing.

    Raises Problem(NOT_FOUND) if either isn't the caller's.
    """

    def append(connection: Connection) -> Collection:
        collection = _get(connection, caller, collection_id)
        owner = (caller.organization_id, caller.user_id)
        if tracks.find_own_track(connection, *owner, track_id) is None:
            raise Problem(ProblemKind.NOT_FOUND)
        collections.append_track(connection, collection.id, track_id, now_us)
        return _get(connection, caller, collection_id)

    return await database.write(append)


async def delete_collection(
    database: Database, caller: Caller, collection_id: int, now_us: int
) -> None:
    """Delete the caller's collection; its tracks stay. Raises Problem(NOT_FOUND)."""
    removed = await database.write(
        lambda connection: collections.remove_collection(
            connection, caller.organization_id, caller.user_id, collection_id, now_us
        )
    )
    if not removed:
        raise Problem(ProblemKind.NOT_FOUND)


def _get(connection: Connection, caller: Caller, collection_id: int) -> Collection:
    found = collections.find_own_collection(
        connection, caller.organization_id, caller.user_id, collection_id
    )
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return found
