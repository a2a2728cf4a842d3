"""A whole collection to be taken along: the URL of its archive, and the archive."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, get, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from listenlink import wire
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors
from listenlink.web.paths import token_of
from listenlink.web.public.beside_page import WITH_SESSION
from listenlink.web.public.doors import Doors
from listenlink.web.public.share_request import require

_Spec = partial(ResponseSpec, generate_examples=False)


@get(
    "/v1/music/shared/{token:str}/download",
    opt={"public": True},
    summary="Get the URL of a collection's archive",
    tags=["Listen"],
    security=[{}],
    responses=WITH_SESSION,
)
async def get_archive_url(
    token: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> wire.Download:
    """If the link's creator allows downloads; otherwise, and for a link to one track, it's the 404 of a
    refused link. Each answer counts as a download of each track, whatever of the archive is fetched."""
    listening = doors.listening
    scope: Any = request.scope
    asked = doors.requests.read(
        scope, headers_of(scope), token_of(scope, has_more=True), counts=False, mints=True
    )
    opening, url = await listening.archives.open(listening.opener, asked)
    doors.requests.tell_unlock(scope, opening)
    require(opening, Outcome.DOWNLOADED)
    if url is None:
        raise Problem(ProblemKind.LINK_REFUSED)
    return wire.Download(url)


@route(
    "/v1/music/archive/{signed:str}",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    opt={"public": True},
    summary="Download a collection's archive",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _Spec(bytes, description="The whole archive.", media_type="application/zip"),
        206: _Spec(bytes, description="A part of it.", media_type="application/zip"),
        304: _Spec(None, description=WHEN["304"]),
        **errors(
            s403="The URL has ended, or what it was for.",
            s412="`If-Match` names another archive: what is in it has changed.",
            s416="The archive ends before that.",
            s429="Too many streams or requests at once for this client.",
        ),
    },
)
async def download_archive(
    signed: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> ASGIApp:
    """A ZIP of the files as they're downloaded one by one, not compressed. Ranges, conditions and the end of
    a link are handled as in playback; its `ETag` changes with what is in it."""
    # The undecoded path and no query at all: a URL has one spelling.
    spelled = request.scope["raw_path"].rpartition(b"/")[2].decode("latin-1")
    if request.scope["query_string"]:
        spelled = ""
    listening = doors.listening
    scope: Any = request.scope
    client = doors.clients.find(scope, headers_of(scope)).number
    found = await listening.archives.begin(spelled, client, listening.clock.now_us())
    name = found.file_name if found else ""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.playback.download(scope, headers_of(scope), receive, send, found, name)

    return answer
