"""What surrounds a share page: its embed, data, files and pictures. Nothing here counts an open."""

from __future__ import annotations

import functools
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from listenlink import wire
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.audit import Outcome
from listenlink.model.listen_session import ListenSession
from listenlink.model.page import Preview
from listenlink.model.shelf import Written
from listenlink.model.visit_ticket import Use
from listenlink.web.given import Given
from listenlink.web.headers import headers_of, text_of
from listenlink.web.openapi_answers import WHEN, errors
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.manifest_places import fill_manifests
from listenlink.web.pages.page_data import PageData
from listenlink.web.paths import token_of
from listenlink.web.pictures import answer_cover, answer_preview
from listenlink.web.public.doors import Doors
from listenlink.web.public.pasted import EMBED_PATH
from listenlink.web.public.share_request import require
from listenlink.web.response import Scope

WITH_SESSION = errors(
    s401="The link has a password, and neither an unlock nor a session of it was sent.",
    s404="The session isn't of this link, or the link doesn't lead there any more.",
    s429="Too many requests, or refusals, for this client.",
)


@get("/embed/{token:str}", opt={"public": True}, include_in_schema=False)
async def show_embed(doors: Given[Doors]) -> ASGIApp:
    """See `web/public/share_page.py`."""
    return _embed(doors)


@post("/embed/{token:str}", opt={"public": True}, include_in_schema=False, status_code=200)
async def unlock_embed(token: FromPath[str], doors: Given[Doors]) -> ASGIApp:
    """The same, with the link's password from its form."""
    return _embed(doors)


def _embed(doors: Doors) -> ASGIApp:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        token = token_of(scope, EMBED_PATH)
        await doors.pages.embed(scope, headers_of(scope), receive, send, token)

    return answer


@get(
    "/v1/music/shared/{token:str}/listening/{session:str}",
    opt={"public": True},
    include_in_schema=False,
)
async def show_listening(session: FromPath[str], doors: Given[Doors]) -> ASGIApp:
    """See `web/public/share_page.py`."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        token = token_of(scope, has_more=True)
        await doors.pages.listening(scope, headers_of(scope), send, token, session)

    return answer


@get(
    "/v1/music/shared/{token:str}/details",
    opt={"public": True},
    summary="Get what a page shows of an open link",
    tags=["Listen"],
    security=[{}],
    responses={
        200: ResponseSpec(PageData, description="The page's content.", generate_examples=False),
        **WITH_SESSION,
    },
)
async def get_details(
    token: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Artists, covers, waveforms, the licence and how it was made in words, with the credit to give. For
    whoever was given the link's session: also where it's hidden before, and once the link is spent."""
    listening = doors.listening
    scope: Any = request.scope
    session = await find_open_session(doors, scope, Use.SHOW)
    language = choose_language(text_of(headers_of(scope), b"accept-language"))
    now_us = listening.clock.now_us()
    written = await listening.pages.find_written(
        session.share_id,
        now_us,
        ("details", language),
        lambda page: Written(msgspec.json.encode(doors.writer.details(page, language))),
        is_open=True,
    )
    if written is None:
        raise Problem(ProblemKind.LINK_REFUSED)
    now_seconds = now_us // SECOND_US
    expires_at = min(now_seconds + listening.settings.playback_ttl_seconds, session.ends_at)
    write = functools.partial(listening.urls.write_manifests, session, expires_at)
    return Response(fill_manifests(written.plain, write), media_type="application/json")


@get(
    "/v1/music/shared/{token:str}/download/{track_id:str}",
    opt={"public": True},
    summary="Get the URL of a track's file",
    tags=["Listen"],
    security=[{}],
    responses=WITH_SESSION,
)
async def get_download(
    token: FromPath[str],
    track_id: FromPath[str],
    doors: Given[Doors],
    request: Request[Any, Any, Any],
) -> wire.Download:
    """If the link's creator allows downloads; otherwise it's the 404 of a refused link. Each answer counts
    as a download, whatever of the file is fetched."""
    listening, requests = doors.listening, doors.requests
    scope: Any = request.scope
    token = token_of(scope, has_more=True)
    asked = requests.read(scope, headers_of(scope), token, counts=False, mints=True)
    number = ids.parse_id(ids.TRACK, track_id)
    opening, url = await listening.downloader.open(listening.opener, asked, number)
    requests.tell_unlock(scope, opening)
    require(opening, Outcome.DOWNLOADED)
    if url is None:
        raise Problem(ProblemKind.LINK_REFUSED)
    return wire.Download(url)


@get(
    "/v1/music/picture/{name:str}",
    opt={"public": True},
    summary="Get a cover or a preview",
    tags=["Listen"],
    security=[{}],
    media_type="image/*",
    responses={
        200: ResponseSpec(
            bytes,
            description="JPEG for a cover, PNG for a preview.",
            media_type="image/*",
            generate_examples=False,
        ),
        304: ResponseSpec(None, description=WHEN["304"], generate_examples=False),
        **errors(
            s404="The name isn't one of ours, or what it's of is gone.",
            s429="Too many pictures for this client.",
        ),
    },
)
async def get_picture(
    name: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """By a signed name, as pages, `details` and oEmbed give it."""
    listening = doors.listening
    scope: Any = request.scope
    named = listening.pictures.read(name)
    if named is not None:
        await doors.requests.spend_picture(scope)
    found = await listening.pages.find_pictured(named, listening.clock.now_us()) if named else None
    if found is None:
        raise Problem(ProblemKind.NOT_FOUND)
    headers = headers_of(scope)
    if isinstance(found, Preview):
        return await answer_preview(listening.previewer, found, headers)
    return await answer_cover(listening.covers, found, headers)


async def find_open_session(
    doors: Doors, scope: Scope, use: Use | None = None, *, mints: bool = False
) -> ListenSession:
    """The session of a request for something below a link, if it's valid for that link. `use` is what a visit
    ticket would be used for, `mints` whether addresses of audio are given.

    Raises what `refusal_of` gives, and Problem(LIMITED).
    """
    requests = doors.requests
    token = token_of(scope, has_more=True)
    asked = requests.read(scope, headers_of(scope), token, counts=False, use=use, mints=mints)
    opening = await requests.look(scope, asked)
    if opening.session is None:
        raise Problem(ProblemKind.LINK_REFUSED)
    return opening.session
