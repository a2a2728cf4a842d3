"""`GET /oembed`: what other sites need to show a link's player (oEmbed 1.0, JSON)."""

from __future__ import annotations

from html import escape
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from listenlink import wire
from listenlink.errors import Problem, ProblemKind
from listenlink.media.picture_url import PREVIEW, PictureName
from listenlink.model.mark import Ai
from listenlink.model.page import Page
from listenlink.model.shelf import Written
from listenlink.model.view import ai_view, licence_view
from listenlink.running.listening import Listening
from listenlink.web.given import Given
from listenlink.web.headers import headers_of, text_of
from listenlink.web.openapi_answers import errors
from listenlink.web.pages.languages import catalogue, choose_language
from listenlink.web.pages.licence_words import only_licence_url
from listenlink.web.paths import SHARED_PATH
from listenlink.web.public.doors import Doors

# Higher by a line and a half where it says how the music was made.
_WIDTH, _HEIGHT, _MARKED_HEIGHT = 480, 210, 240
_LEAST_WIDTH, _LEAST_HEIGHT = 220, 160
_PREVIEW_SIZE = (1200, 630)
_CACHE_SECONDS = 300


@get(
    "/oembed",
    opt={"public": True},
    summary="Describe a link's player",
    tags=["Listen"],
    security=[{}],
    responses=errors(
        s401="The link has a password, and neither an unlock nor a session of it was sent.",
        s404="The URL isn't of a link that opens.",
        s422="A parameter is wrong.",
        s429="Too many requests from this client.",
    ),
)
async def describe_embed(
    doors: Given[Doors],
    request: Request[Any, Any, Any],
    url: FromQuery[str],
    format: Annotated[Literal["json"], QueryParameter()] = "json",  # noqa: A002 (oEmbed's name)
    maxwidth: Annotated[int, QueryParameter(ge=1)] = _WIDTH,
    maxheight: Annotated[int, QueryParameter(ge=1)] = _MARKED_HEIGHT,
) -> wire.OEmbed:
    """For a share URL of this server. Doesn't count as an open."""
    listening = doors.listening
    scope: Any = request.scope
    headers = headers_of(scope)
    before, _, token = url.partition(SHARED_PATH)
    if before != listening.settings.base_url:
        token = ""  # no link's token; refused and counted like any other
    asked = doors.requests.read(scope, headers, token, counts=False)
    opening = await doors.requests.look(scope, asked)
    language = choose_language(text_of(headers, b"accept-language"))

    def write(page: Page) -> Written:
        untitled = catalogue(language).gettext("Shared music")
        return Written(msgspec.json.encode(_describe(listening, page, untitled)))

    link = opening.link
    written = link and await listening.pages.find_written(
        link.id, asked.now_us, ("oembed", language), write
    )
    if not written:
        raise Problem(ProblemKind.LINK_REFUSED)
    described = msgspec.json.decode(written.plain, type=wire.OEmbed)
    height = max(_LEAST_HEIGHT, min(maxheight, described.height))
    size = max(_LEAST_WIDTH, min(maxwidth, _WIDTH)), height
    html = _frame(listening.settings.base_url, token, described.title, size)
    return msgspec.structs.replace(described, html=html, width=size[0], height=size[1])


def _frame(base_url: str, token: str, title: str, size: tuple[int, int]) -> str:
    return (
        f'<iframe src="{base_url}/embed/{token}" width="{size[0]}" height="{size[1]}" '
        f'title="{escape(title)}" style="border:0;max-width:100%" loading="lazy" '
        'referrerpolicy="no-referrer" allow="autoplay; encrypted-media; clipboard-write"></iframe>'
    )


def _describe(listening: Listening, page: Page, untitled: str) -> wire.OEmbed:
    """All but the frame, whose size is up to each request."""
    base_url = listening.settings.base_url
    shown = wire.OEmbed(
        version="1.0",
        type="rich",
        provider_name="Listenlink",
        provider_url=base_url,
        title=page.title or untitled,
        html="",
        width=_WIDTH,
        height=_HEIGHT if page.ai is Ai.NONE else _MARKED_HEIGHT,
        cache_age=_CACHE_SECONDS,
    )
    if page.title is None:
        return shown
    name = PictureName(page.share_id, page.rotation, 0, PREVIEW)
    return msgspec.structs.replace(
        shown,
        author_name=page.artist,
        thumbnail_url=base_url + listening.pictures.write(name),
        thumbnail_width=_PREVIEW_SIZE[0],
        thumbnail_height=_PREVIEW_SIZE[1],
        duration=round(page.seconds, 3),
        licence=licence_view(page.licence),
        licence_declared=page.licence.is_declared,
        licence_url=only_licence_url(page),
        ai=_ai(page),
    )


def _ai(page: Page) -> wire.Ai | None:
    """Of one track also who says it; of a collection how much a machine made of the whole."""
    if not page.is_collection:
        return ai_view(page.tracks[0].claims)
    return None if page.ai is Ai.NONE else wire.Ai(page.ai.word, signed=False, claims=[])
