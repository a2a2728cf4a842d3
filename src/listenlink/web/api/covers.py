"""Covers of tracks and collections, for their owner: given, taken away, and shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Request, Response, delete, get, put
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, QueryParameter

from listenlink import wire
from listenlink.actions.manage_collections import get_cover
from listenlink.actions.manage_library import get_sound
from listenlink.errors import Problem, ProblemKind
from listenlink.media.covers import MOST_BYTES, TYPES
from listenlink.model import ids
from listenlink.model.cover import Covered
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of, path_id
from listenlink.web.cover_body import CoverBody, next_piece, too_large
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN
from listenlink.web.pictures import answer_own_cover
from listenlink.web.streamed_body import promised_bytes

Size = Annotated[Literal["large", "small"], QueryParameter()]
Restore = Annotated[bool, QueryParameter()]
_OF_TRACK = "/v1/music/{org:str}/tracks/{track_id:str}/cover"
_OF_COLLECTION = "/v1/music/{org:str}/collections/{collection_id:str}/cover"
_GIVES: dict[str, Any] = {"scope": "write", "errors": ["408", "413", "415", "422", "507"]}
_KNOWN = {304: ResponseSpec(None, description=WHEN["304"], generate_examples=False)}


@dataclass
class CoverOperation(Operation):
    """The picture, which is read as a stream and so isn't a parameter of the handler."""

    def __post_init__(self) -> None:
        picture = Schema(type="string", format="binary")  # type: ignore[arg-type]
        content = {kind: OpenAPIMediaType(schema=picture) for kind in TYPES}
        self.request_body = RequestBody(content=content, required=True)


@get(
    _OF_TRACK,
    opt={"scope": "read"},
    media_type="image/jpeg",
    response_description="The picture.",
    responses=_KNOWN,
    summary="Get a track's cover",
    tags=["Tracks"],
)
async def get_track_cover(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    size: Size = "large",
) -> Response[bytes]:
    """The cover that it was given, or else the one from inside the file, made anew: JPEG, at most 1024 or 256
    pixels a side."""
    number = path_id(ids.TRACK, track_id)
    made = (await get_sound(owning.database, caller_of(request), number)).derived
    digest = made.cover_digest if size == "large" else made.cover_small_digest
    if digest is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return await answer_own_cover(owning.covers, digest, headers_of(dict(request.scope)))


@put(
    _OF_TRACK,
    opt=_GIVES,
    request_max_body_size=None,
    operation_class=CoverOperation,
    status_code=200,
    summary="Give a track a cover",
    tags=["Tracks"],
)
async def give_track_cover(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """A JPEG, PNG or WebP picture of at most 8 MiB and 4096 pixels a side. It's shown in place of what the
    file has, and of what was given before."""
    await _receive(owning, request, Covered(track_id=path_id(ids.TRACK, track_id)))
    return wire.Acknowledgement(True, track_id, "Cover set.")


@delete(
    _OF_TRACK,
    opt={"scope": "write"},
    status_code=200,
    summary="Take a track's cover away",
    tags=["Tracks"],
)
async def take_track_cover(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    restore: Restore = False,
) -> wire.Acknowledgement:
    """None is shown then, not even what the file has; with `restore=true` it's what the file has again."""
    covered = Covered(track_id=path_id(ids.TRACK, track_id))
    return await _take(owning, request, covered, track_id, restore=restore)


@get(
    _OF_COLLECTION,
    opt={"scope": "read"},
    media_type="image/jpeg",
    response_description="The picture.",
    responses=_KNOWN,
    summary="Get a collection's cover",
    tags=["Collections"],
)
async def get_collection_cover(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    size: Size = "large",
) -> Response[bytes]:
    """The cover that it was given; or else that of its `cover_track_id`; or else of its first track with
    one: JPEG, at most 1024 or 256 pixels a side."""
    number = path_id(ids.COLLECTION, collection_id)
    cover = await get_cover(owning.database, caller_of(request), number)
    if cover is None:
        raise Problem(ProblemKind.NOT_FOUND)
    digest = cover.large if size == "large" else cover.small
    return await answer_own_cover(owning.covers, digest, headers_of(dict(request.scope)))


@put(
    _OF_COLLECTION,
    opt=_GIVES,
    request_max_body_size=None,
    operation_class=CoverOperation,
    status_code=200,
    summary="Give a collection a cover",
    tags=["Collections"],
)
async def give_collection_cover(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """A JPEG, PNG or WebP picture of at most 8 MiB and 4096 pixels a side. It's shown in place of any of its
    tracks', and of what was given before."""
    await _receive(owning, request, Covered(collection_id=path_id(ids.COLLECTION, collection_id)))
    return wire.Acknowledgement(True, collection_id, "Cover set.")


@delete(
    _OF_COLLECTION,
    opt={"scope": "write"},
    status_code=200,
    summary="Take a collection's cover away",
    tags=["Collections"],
)
async def take_collection_cover(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    restore: Restore = False,
) -> wire.Acknowledgement:
    """None is shown then, not even one of its tracks'; with `restore=true` it's one of theirs again."""
    covered = Covered(collection_id=path_id(ids.COLLECTION, collection_id))
    return await _take(owning, request, covered, collection_id, restore=restore)


async def _receive(owning: Owning, request: Request[Any, Any, Any], covered: Covered) -> None:
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent and sent not in TYPES:
        raise Problem(
            ProblemKind.UNSUPPORTED_MEDIA_TYPE,
            "Send a picture as JPEG, PNG or WebP.",
            accepts=", ".join(TYPES),
        )
    if (promised_bytes(request) or 0) > MOST_BYTES:
        raise too_large()
    giver, caller = owning.cover_giver, caller_of(request)
    async with giver.receiving(caller, covered) as draft:
        body, goes_on = CoverBody(draft), True
        while goes_on:
            piece, goes_on = await next_piece(request)
            await body.add(piece)
        await body.end()
        await giver.give(caller, covered, draft, owning.clock.now_us())


async def _take(
    owning: Owning,
    request: Request[Any, Any, Any],
    covered: Covered,
    public_id: str,
    *,
    restore: bool,
) -> wire.Acknowledgement:
    giver, now_us = owning.cover_giver, owning.clock.now_us()
    if restore:
        await giver.restore(caller_of(request), covered, now_us)
        return wire.Acknowledgement(True, public_id, "Cover restored.")
    await giver.take_away(caller_of(request), covered, now_us)
    return wire.Acknowledgement(True, public_id, "Cover taken away.")
