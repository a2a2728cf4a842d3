"""A user's library: the tracks they made and those they saved."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from litestar import Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from listenlink import wire
from listenlink.actions import manage_library as managing
from listenlink.actions.tell_first import telling_first
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.library import Edge, Wanted
from listenlink.model.moment import moment_of
from listenlink.model.track import Track
from listenlink.model.track_facts import TrackChanges
from listenlink.running.owning import Owning
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.api.tracks import track_answer
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.wire.bodies import TEXT, ChangedTrack, Mode

_SHA256 = re.compile("[0-9a-f]{64}")
_Engine = Annotated[
    str | None, QueryParameter(pattern=TEXT, max_length=64, description="Only by this engine.")
]
_Mode = Annotated[Mode | None, QueryParameter(description="Only of this mode.")]
_CollectionId = Annotated[
    str | None,
    QueryParameter(
        pattern=f"^{ids.COLLECTION}[0-9a-f]{{12}}$",
        description="Only of this collection of one's own.",
    ),
]


@get("/v1/music/{org:str}/tracks", opt={"scope": "read"}, summary="List tracks", tags=["Tracks"])
async def list_tracks(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
    mode: _Mode = None,
    engine: _Engine = None,
    collection_id: _CollectionId = None,
) -> wire.Page[wire.Track]:
    """The caller's library, own and saved tracks, newest first. A collection that isn't theirs has none."""
    collection = None
    if collection_id is not None:
        collection = ids.parse_id(ids.COLLECTION, collection_id)
        if collection is None:
            raise invalid("collection_id", "This is the id of a collection.")
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await managing.list_tracks(
        owning.database, caller_of(request), Wanted(mode, engine, collection), part
    )
    items = [track_answer(owning, track, None) for track in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@patch(
    "/v1/music/{org:str}/tracks/{track_id:str}",
    opt={"scope": "write"},
    summary="Change a track",
    tags=["Tracks"],
)
async def change_track(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[ChangedTrack],
) -> wire.Track:
    """Change what is sent of one of the caller's tracks."""
    changes, caller = cast(TrackChanges, sent_fields(data)), caller_of(request)
    number, now_us = path_id(ids.TRACK, track_id), owning.clock.now_us()

    def tell(changed: Track) -> wire.Track:
        return track_answer(owning, changed, caller.owner.user_id)

    database = telling_first(owning.database, tell)
    return tell(await managing.change_track(database, caller, number, changes, now_us))


@post(
    "/v1/music/{org:str}/tracks/{track_id:str}/save",
    opt={"scope": "write"},
    status_code=200,
    summary="Keep a track in the library",
    tags=["Tracks"],
)
async def keep_track(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.KeptTrack:
    """For a track that is in the library, or one of the caller's own that was taken out. What others made
    comes in through their link."""

    def tell(edge: Edge) -> wire.KeptTrack:
        place = ids.public_id(ids.LIBRARY, edge.id)
        return wire.KeptTrack(place, track_id, edge.source, moment_of(edge.created_at), saved=True)

    edge = await managing.keep_track(
        telling_first(owning.database, tell),
        caller_of(request),
        path_id(ids.TRACK, track_id),
        owning.clock.now_us(),
    )
    return tell(edge)


@delete(
    "/v1/music/{org:str}/tracks/{track_id:str}/save",
    opt={"scope": "write"},
    status_code=200,
    summary="Take a track out of the library",
    tags=["Tracks"],
)
async def take_out(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Acknowledgement:
    """A saved track is gone for this user; one of their own stays theirs, and can be put back."""
    number = path_id(ids.TRACK, track_id)
    await managing.take_out(owning.database, caller_of(request), number)
    return wire.Acknowledgement(True, track_id, "Track removed from library.")


@get(
    "/v1/music/{org:str}/audio/{sha256:str}",
    opt={"scope": "read"},
    summary="Find a track by its audio",
    tags=["Tracks"],
)
async def find_by_audio(
    org: FromPath[str],
    sha256: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.TrackOfAudio:
    """Whether the caller already has a track with these bytes, by their SHA-256 in lowercase hex."""
    if _SHA256.fullmatch(sha256) is None:
        raise Problem(ProblemKind.NOT_FOUND)
    number = await managing.find_by_audio(
        owning.database, caller_of(request), bytes.fromhex(sha256)
    )
    return wire.TrackOfAudio(ids.public_id(ids.TRACK, number))
