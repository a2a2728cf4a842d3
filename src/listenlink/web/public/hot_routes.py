"""The two hot endpoints as Litestar routes: for the schema, and for paths the front doesn't match."""

from __future__ import annotations

import functools
from typing import Any

from litestar import HttpMethod, post, route
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp

from listenlink import wire
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors
from listenlink.web.public.doors import Doors

# The examples that the framework would make up are nonsense, and different each time.
_Spec = functools.partial(ResponseSpec, generate_examples=False)
_METHODS = [HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS]
_REFUSED = _Spec(
    wire.ErrorEnvelope, description="Malformed, unknown, revoked, expired or spent: all the same."
)
_LOCKED = _Spec(
    wire.ErrorEnvelope,
    description="The link has a password, and what was sent is none, or another. Browsers get a form.",
)
_LIMITED = _Spec(wire.ErrorEnvelope, description="Too many requests from this client.")


@route(
    "/v1/music/shared/{token:str}",
    http_method=_METHODS,
    opt={"public": True},
    summary="Open a shared link",
    description="Resolves a share token into a read-only view, with fresh playback URLs and "
    "truthful licence facts. Counts one open, unless a `Listen-Session` header is sent back.",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _Spec(
            wire.ShareView,
            description="The shared track or collection; to whoever looks a page, and to media players the "
            "playlist of a collection.",
        ),
        302: _Spec(
            None,
            description="Where a media player hears the track; or the link that is meant by an address as it "
            "was pasted.",
        ),
        401: _LOCKED,
        404: _REFUSED,
        429: _LIMITED,
    },
)
async def open_link(token: FromPath[str], doors: Given[Doors]) -> ASGIApp:
    """See `web/public/resolve.py`."""
    return _through_public_door(doors)


def _page(description: str) -> ResponseSpec:
    return _Spec(str, description=description, media_type="text/html")


@post(
    "/v1/music/shared/{token:str}",
    opt={"public": True, "errors": ["415"]},
    status_code=303,
    summary="Open a shared link without script",
    description="The play button of a browser without script. Counts one open, and leads to a page with "
    "native controls. With a field `password` it's the form of a link that has one: that counts no open, and "
    "sets a cookie for this link's address.",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _page("The creator removed the content, or the link has a password: a form for it."),
        303: _Spec(None, description="Open, or let in by the password: where `Location` says."),
        401: _page("This isn't the link's password."),
        404: _page("Malformed, unknown, revoked, expired or spent: all the same."),
        429: _page("Too many requests from this client."),
        503: _page("Busy; try again after `Retry-After`."),
    },
)
async def open_without_script(token: FromPath[str], doors: Given[Doors]) -> ASGIApp:
    """See `web/public/share_page.py`. Not a hot one: its form is read here, in the way of all bodies."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.pages.open_by_form(scope, headers_of(scope), receive, send)

    return answer


@route(
    "/v1/music/audio/{signed:str}",
    http_method=_METHODS,
    opt={"public": True},
    summary="Play a track",
    description="The audio behind a `playback_url`. Ranges and conditions by RFC 9110.",
    tags=["Listen"],
    security=[{}],
    responses={
        200: _Spec(bytes, description="The whole audio.", media_type="audio/*"),
        206: _Spec(bytes, description="A part of it.", media_type="audio/*"),
        304: _Spec(None, description=WHEN["304"]),
        **errors(
            s403="The URL has ended, or what it was for.",
            s412="`If-Match` names other audio.",
            s416="The audio ends before that.",
            s429="Too many streams at once for this client.",
        ),
    },
)
async def play_track(signed: FromPath[str], doors: Given[Doors]) -> ASGIApp:
    """See `web/public/playback.py`."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.playback(scope, headers_of(scope), receive, send)

    return answer


def _through_public_door(doors: Doors) -> ASGIApp:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await doors.resolve(scope, headers_of(scope), send)

    return answer
