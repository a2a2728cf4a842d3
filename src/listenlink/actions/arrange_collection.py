"""Move one track of a collection, and undo what was done to the order. For a whole order at once see
`manage_collections.reorder`."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.manage_collections import append_track, get_own, require_own_track
from listenlink.errors import Problem, ProblemKind
from listenlink.model.collection_order import Aim, Arranged, mark_of
from listenlink.store import collection_tracks
from listenlink.store.database.database import Database

_NOT_IN_IT = "This track isn't in the collection."
_ELSEWHERE = "The collection has changed meanwhile, so nothing was moved."
_CHANGED = "The collection has changed meanwhile, so nothing was undone."


async def move_track(
    database: Database, caller: Caller, collection_id: int, track_id: int, aim: Aim, now_us: int
) -> Arranged:
    """Move a track of the caller's collection to where it's aimed in the order that it has by now. A position
    behind the last one is the last.

    Raises Problem(NOT_FOUND) if anything isn't the caller's or the track isn't in the collection, and
    Problem(CONFLICT) if the track that is aimed at isn't.
    """

    def move(connection: Connection) -> Arranged:
        get_own(connection, caller, collection_id)
        require_own_track(connection, caller, track_id)
        return _move(connection, collection_id, track_id, aim, now_us)

    return await write_as(database, caller, move)


async def put_back(
    database: Database,
    caller: Caller,
    collection_id: int,
    track_id: int,
    position: int,
    mark: str,
    now_us: int,
) -> Arranged:
    """Undo a move, or taking a track out: have it where it was, whether it's in the collection or not.

    Raises Problem(CONFLICT) unless the order still is what the undone change made of it, told by its `mark`,
    and Problem(NOT_FOUND) if anything isn't the caller's.
    """

    def put(connection: Connection) -> Arranged:
        get_own(connection, caller, collection_id)
        require_own_track(connection, caller, track_id)
        members = collection_tracks.list_order(connection, collection_id)
        if mark_of([member.track_id for member in members]) != mark:
            raise Problem(ProblemKind.CONFLICT, _CHANGED)
        append_track(connection, collection_id, track_id, now_us)
        return _move(connection, collection_id, track_id, Aim(position=position), now_us)

    return await write_as(database, caller, put)


def _move(
    connection: Connection, collection_id: int, track_id: int, aim: Aim, now_us: int
) -> Arranged:
    members = collection_tracks.list_order(connection, collection_id)
    order = [member.track_id for member in members]
    if track_id not in order:
        raise Problem(ProblemKind.NOT_FOUND, _NOT_IN_IT)
    was, now = order.index(track_id), aim.position_in(order, track_id)
    if now is None:
        raise Problem(ProblemKind.CONFLICT, _ELSEWHERE)
    if now != was:
        stored = members[was].position, members[now].position
        collection_tracks.move_member(connection, collection_id, track_id, stored, now_us)
        order.insert(now, order.pop(was))
    return Arranged(track_id, members[was].added_at, was, now, mark_of(order))
