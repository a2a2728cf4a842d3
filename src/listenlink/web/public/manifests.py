"""`GET /v1/music/manifests/{signed}`: what this server signed of a track, for whoever may play it."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from listenlink.actions.fetch_manifest import FILE_NAME, begin_fetching
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors
from listenlink.web.public.doors import Doors

_Spec = partial(ResponseSpec, generate_examples=False)


@route(
    "/v1/music/manifests/{signed:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={"public": True},
    summary="Get a track's manifest",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _Spec(bytes, description="The whole manifest.", media_type="application/c2pa"),
        206: _Spec(bytes, description="A part of it.", media_type="application/c2pa"),
        304: _Spec(None, description=WHEN["304"]),
        **errors(
            s403="The URL has ended, or what it was for; or nothing was signed of the track.",
            s412="`If-Match` names another manifest.",
            s416="The manifest ends before that.",
            s429="Too many streams at once for this client.",
        ),
    },
)
async def get_manifest(
    signed: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> ASGIApp:
    """The C2PA manifest store of the file that was put in, whose bytes it isn't part of. The address is that
    of the track's playback, with `manifests` in place of `audio`. Ranges, conditions and the end of a link
    are handled as in playback."""
    # The undecoded path and no query at all: a URL has one spelling.
    spelled = request.scope["raw_path"].rpartition(b"/")[2].decode("latin-1")
    if request.scope["query_string"]:
        spelled = ""
    listening = doors.listening
    now_us = listening.clock.now_us()
    found = await begin_fetching(listening.database, listening.player, spelled, now_us)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.playback.download(scope, headers_of(scope), receive, send, found, FILE_NAME)

    return answer
