"""The tracks of a collection and their order, for its owner."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from listenlink import wire
from listenlink.actions import arrange_collection as arranging
from listenlink.actions import manage_collections as managing
from listenlink.actions.tell_first import telling_first
from listenlink.model import ids
from listenlink.model.collection_order import Aim, Arranged
from listenlink.model.moment import moment_of
from listenlink.running.owning import Owning
from listenlink.web.api.collections import collection_answer
from listenlink.web.api.paging import Cursor, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.wire.bodies import NewPosition, Order, TrackOfCollection

_MOST = 500
_LongLimit = Annotated[int, QueryParameter(ge=1, le=_MOST, description="The most tracks.")]


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}/tracks",
    opt={"scope": "read"},
    summary="List a collection's tracks",
    tags=["Collections"],
)
async def list_members(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: _LongLimit = 200,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.MembersPage:
    """The tracks of one of the caller's collections, in order."""
    number = path_id(ids.COLLECTION, collection_id)
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_members(owning.database, caller_of(request), number, part)
    items = [
        wire.Member(
            ids.public_id(ids.TRACK, member.track_id), member.position, moment_of(member.added_at)
        )
        for member in found.items
    ]
    following = next_cursor(request, owning, found)
    return wire.MembersPage(collection_id, items, limit, offset, following)


@post(
    "/v1/music/{org:str}/collections/{collection_id:str}/tracks",
    opt={"scope": "write"},
    status_code=200,
    summary="Put a track into a collection",
    tags=["Collections"],
)
async def add_track(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[TrackOfCollection],
) -> wire.Collection:
    """Add one of the caller's tracks at the end. Again: the same answer, no change."""
    changed = await managing.add_track(
        telling_first(owning.database, collection_answer),
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        path_id(ids.TRACK, data.track_id),
        owning.clock.now_us(),
    )
    return collection_answer(changed)


@patch(
    "/v1/music/{org:str}/collections/{collection_id:str}/tracks/{track_id:str}",
    opt={"scope": "write"},
    summary="Move a track in a collection",
    tags=["Collections"],
)
async def move_track(
    org: FromPath[str],
    collection_id: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[NewPosition],
) -> wire.Member:
    """Have a track at this position in the order that the collection has by then; the others keep theirs."""
    arranged = await arranging.move_track(
        telling_first(owning.database, _moved_answer),
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        path_id(ids.TRACK, track_id),
        Aim(position=data.position),
        owning.clock.now_us(),
    )
    return _moved_answer(arranged)


@delete(
    "/v1/music/{org:str}/collections/{collection_id:str}/tracks/{track_id:str}",
    opt={"scope": "write"},
    status_code=200,
    summary="Take a track out of a collection",
    tags=["Collections"],
)
async def remove_track(
    org: FromPath[str],
    collection_id: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Take a track out of one of the caller's collections. If it isn't in it: the same answer, no change."""
    await managing.remove_track(
        owning.database,
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        path_id(ids.TRACK, track_id),
        owning.clock.now_us(),
    )
    return wire.Acknowledgement(True, track_id, "Track removed from collection.")


@patch(
    "/v1/music/{org:str}/collections/{collection_id:str}/order",
    opt={"scope": "write"},
    summary="Put a collection in order",
    tags=["Collections"],
)
async def reorder(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[Order],
) -> wire.Acknowledgement:
    """Put the named tracks first, in this order; the others follow in the order they had. Tracks that
    aren't in the collection are ignored."""
    wanted = [ids.parse_id(ids.TRACK, text) for text in data.ordered_track_ids]
    await managing.reorder(
        owning.database,
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        [number for number in wanted if number is not None],
        owning.clock.now_us(),
    )
    return wire.Acknowledgement(True, collection_id, "Collection reordered.")


def _moved_answer(arranged: Arranged) -> wire.Member:
    public = ids.public_id(ids.TRACK, arranged.track_id)
    return wire.Member(public, arranged.now or 0, moment_of(arranged.added_at))
