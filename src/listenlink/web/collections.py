"""Collections, for their owner."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from listenlink.actions import manage_collections as managing
from listenlink.actions.instance import Instance
from listenlink.actions.repeat_answer import Doing
from listenlink.model import ids
from listenlink.model.collection import Collection
from listenlink.model.moment import iso_seconds
from listenlink.web.acknowledgement import Acknowledgement
from listenlink.web.caller import caller_of, path_id
from listenlink.web.repeating import answer_once, digest_of_body


class NewCollection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a new collection is made of. `cover_image_url` is stored and echoed, never fetched."""

    name: Annotated[str, Meta(min_length=1, max_length=managing.NAME_LENGTH)]
    description: Annotated[str, Meta(max_length=managing.DESCRIPTION_LENGTH)] | None = None
    cover_image_url: Annotated[str, Meta(max_length=1024)] | None = None


class TrackOfCollection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The track to put in."""

    track_id: str


class CollectionAnswer(msgspec.Struct, frozen=True):
    """A collection as its owner sees it."""

    id: str
    name: str
    description: str | None
    cover_track_id: str | None
    cover_image_url: str | None
    track_count: int | None
    created_at: str
    updated_at: str


@post(
    "/v1/music/{org:str}/collections",
    opt={"scope": "write", "repeatable": True},
    summary="Make a collection",
    tags=["Collections"],
)
async def make_collection(
    org: FromPath[str], state: State, request: Request[Any, Any, Any], data: JSONBody[NewCollection]
) -> Response[CollectionAnswer]:
    """A new, empty collection."""
    instance: Instance = state.instance

    async def make(doing: Doing[Collection]) -> Collection:
        return await managing.make_collection(
            instance.database,
            caller_of(request),
            data.name,
            data.description,
            data.cover_image_url,
            instance.clock.now_us(),
            doing,
        )

    return await answer_once(request, await digest_of_body(request), _answer, make)


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}",
    opt={"scope": "read"},
    summary="Get a collection",
    tags=["Collections"],
)
async def get_collection(
    org: FromPath[str], collection_id: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> CollectionAnswer:
    """A collection of one's own."""
    instance: Instance = state.instance
    number = path_id(ids.COLLECTION, collection_id)
    return _answer(await managing.get_collection(instance.database, caller_of(request), number))


@delete(
    "/v1/music/{org:str}/collections/{collection_id:str}",
    opt={"scope": "write"},
    status_code=200,
    summary="Delete a collection",
    tags=["Collections"],
)
async def delete_collection(
    org: FromPath[str], collection_id: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> Acknowledgement:
    """Delete a collection. Its tracks stay; its links answer `available: false`."""
    instance: Instance = state.instance
    number = path_id(ids.COLLECTION, collection_id)
    await managing.delete_collection(
        instance.database, caller_of(request), number, instance.clock.now_us()
    )
    return Acknowledgement(True, collection_id, "Collection deleted.")


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
    state: State,
    request: Request[Any, Any, Any],
    data: JSONBody[TrackOfCollection],
) -> CollectionAnswer:
    """Put a track of one's own at the end. Again: the same answer, no change."""
    instance: Instance = state.instance
    changed = await managing.add_track(
        instance.database,
        caller_of(request),
        path_id(ids.COLLECTION, collection_id),
        path_id(ids.TRACK, data.track_id),
        instance.clock.now_us(),
    )
    return _answer(changed)


def _answer(collection: Collection) -> CollectionAnswer:
    cover = collection.cover_track_id
    return CollectionAnswer(
        id=ids.public_id(ids.COLLECTION, collection.id),
        name=collection.name,
        description=collection.description,
        cover_track_id=None if cover is None else ids.public_id(ids.TRACK, cover),
        cover_image_url=collection.cover_image_url,
        track_count=collection.track_count,
        created_at=iso_seconds(collection.created_at),
        updated_at=iso_seconds(collection.updated_at),
    )
