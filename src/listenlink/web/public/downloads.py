"""`GET /v1/music/download/{signed}`: a track's file as its creator put it in, under its title."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, route
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from listenlink.running.instance import Instance
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors

_Spec = partial(ResponseSpec, generate_examples=False)


@route(
    "/v1/music/download/{signed:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={"public": True},
    summary="Download a track's file",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _Spec(bytes, description="The whole file.", media_type="audio/*"),
        206: _Spec(bytes, description="A part of it.", media_type="audio/*"),
        304: _Spec(None, description=WHEN["304"]),
        **errors(
            s403="The URL has ended, or what it was for.",
            s412="`If-Match` names another file.",
            s416="The file ends before that.",
            s429="Too many streams at once for this client.",
        ),
    },
)
async def download_track(
    signed: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> ASGIApp:
    """Ranges, conditions and the end of a link are handled as in playback."""
    # The undecoded path and no query at all: a URL has one spelling.
    spelled = request.scope["raw_path"].rpartition(b"/")[2].decode("latin-1")
    if request.scope["query_string"]:
        spelled = ""
    instance: Instance = state.instance
    found = await instance.downloader.begin(spelled, instance.clock.now_us())
    playing, name = found or (None, "")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = scope
        await state.playback_door.download(asked, headers_of(asked), receive, send, playing, name)

    return answer
