"""`GET /v1/music/download/{signed}`: a track's file under its title, as its creator put it in, or with
this server's manifest in it."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors
from listenlink.web.public.doors import Doors

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
    signed: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> ASGIApp:
    """The file as it was put in; of music that a machine made with this server's manifest in it, if the
    format can have one. Ranges, conditions and the end of a link are handled as in playback."""
    # The undecoded path and no query at all: a URL has one spelling.
    spelled = request.scope["raw_path"].rpartition(b"/")[2].decode("latin-1")
    if request.scope["query_string"]:
        spelled = ""
    listening = doors.listening
    found = await listening.downloader.begin(spelled, listening.clock.now_us())
    playing, name = found or (None, "")

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.playback.download(scope, headers_of(scope), receive, send, playing, name)

    return answer
