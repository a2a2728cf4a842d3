"""Collections, for their owner."""

from __future__ import annotations

from typing import Any, cast

from litestar import Request, Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions import manage_collections as managing
from listenlink.actions.idempotency import Doing
from listenlink.actions.tell_first import telling_first
from listenlink.model import ids
from listenlink.model.collection import Collection, CollectionFacts
from listenlink.model.moment import moment_of
from listenlink.running.owning import Owning
from listenlink.web.api.idempotency import answer_once, digest_of_body
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.wire.bodies import ChangedCollection, NewCollection


@post(
    "/v1/music/{org:str}/collections",
    opt={"scope": "write", "repeatable": True},
    summary="Make a collection",
    tags=["Collections"],
)
async def make_collection(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[NewCollection],
) -> Response[wire.Collection]:
    """Make a new, empty collection."""

    async def make(doing: Doing[Collection]) -> Collection:
        return await managing.make_collection(
            owning.database,
            caller_of(request),
            data.name,
            data.description,
            data.cover_image_url,
            owning.clock.now_us(),
            doing,
        )

    return await answer_once(
        request, owning, await digest_of_body(request), collection_answer, make
    )


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}",
    opt={"scope": "read"},
    summary="Get a collection",
    tags=["Collections"],
)
async def get_collection(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Collection:
    """One of the caller's collections."""
    number = path_id(ids.COLLECTION, collection_id)
    return collection_answer(
        await managing.get_collection(owning.database, caller_of(request), number)
    )


@get(
    "/v1/music/{org:str}/collections",
    opt={"scope": "read"},
    summary="List collections",
    tags=["Collections"],
)
async def list_collections(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Collection]:
    """The caller's collections, newest first. Their tracks aren't counted here."""
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_collections(owning.database, caller_of(request), part)
    items = [collection_answer(item) for item in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@patch(
    "/v1/music/{org:str}/collections/{collection_id:str}",
    opt={"scope": "write"},
    summary="Change a collection",
    tags=["Collections"],
)
async def change_collection(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedCollection],
) -> wire.Collection:
    """Change what is sent. `cover_track_id` is one of the caller's tracks."""
    changes = cast(CollectionFacts, sent_fields(data))
    if isinstance(data.cover_track_id, str):
        changes["cover_track_id"] = path_id(ids.TRACK, data.cover_track_id)
    changed = await managing.change_collection(
        telling_first(owning.database, collection_answer),
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        changes,
        owning.clock.now_us(),
    )
    return collection_answer(changed)


@delete(
    "/v1/music/{org:str}/collections/{collection_id:str}",
    opt={"scope": "write"},
    status_code=200,
    summary="Delete a collection",
    tags=["Collections"],
)
async def delete_collection(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """Delete a collection. Its tracks stay; its links answer `available: false`."""
    number = path_id(ids.COLLECTION, collection_id)
    await managing.delete_collection(
        owning.database, owning.storage, caller_of(request), number, owning.clock.now_us()
    )
    return wire.Acknowledgement(True, collection_id, "Collection deleted.")


def collection_answer(collection: Collection) -> wire.Collection:
    """The answer that describes a collection."""
    cover = collection.cover_track_id
    return wire.Collection(
        id=ids.public_id(ids.COLLECTION, collection.id),
        name=collection.name,
        description=collection.description,
        cover_track_id=None if cover is None else ids.public_id(ids.TRACK, cover),
        cover_image_url=collection.cover_image_url,
        track_count=collection.track_count,
        created_at=moment_of(collection.created_at),
        updated_at=moment_of(collection.updated_at),
    )
