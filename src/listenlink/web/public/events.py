"""How whoever has a link open learns that it was closed or leads to a newer version (docs/api.md): `GET
/v1/music/shared/{token}/events`, Server-Sent Events, and `…/standing`, to be asked for where those can't be
had."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from litestar import Request, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from listenlink.actions.watch_links import Watch
from listenlink.errors import Problem, ProblemKind
from listenlink.model.share_token import digest
from listenlink.model.visit_ticket import Use
from listenlink.web.given import Given
from listenlink.web.headers import headers_of, text_of
from listenlink.web.openapi_answers import errors
from listenlink.web.paths import token_of
from listenlink.web.public.beside_page import find_open_session
from listenlink.web.public.doors import Doors
from listenlink.web.response import IS_HEAD

_QUIET_SECONDS = 15.0
_CHANGED = b"event: changed\ndata: {}\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    # A proxy that buffers an answer before passing it on would buffer this one for ever.
    (b"x-accel-buffering", b"no"),
]


@get(
    "/v1/music/shared/{token:str}/events",
    opt={"public": True},
    summary="Watch an open link",
    tags=["Listen"],
    security=[{}],
    responses={
        200: ResponseSpec(
            str,
            description="A stream of Server-Sent Events, until the link is closed or the session over.",
            media_type="text/event-stream",
            generate_examples=False,
        ),
        **errors(
            s401="The link has a password, and neither an unlock nor a session of it was sent.",
            s404="The session isn't of this link, or the link doesn't open any more.",
            s429="Too many requests, or streams at once, for this client.",
        ),
    },
)
async def watch_link(
    token: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> ASGIApp:
    """Sends `event: ended` once the link is closed or the session over, and `event: changed` when it leads to
    another version of a track; until then, an occasional comment."""
    listening = doors.listening
    asked: Any = request.scope
    client = doors.clients.find(asked, headers_of(asked))
    # Before anything is spent: who has all the places tries again, and mustn't use up the client's rate.
    listening.watcher.places.require(client.number)
    session = await find_open_session(doors, asked, Use.WATCH)
    # Entered here, while an answer with another status is still possible.
    stack = contextlib.ExitStack()
    watch = stack.enter_context(listening.watcher.watch(session, client))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        with stack:
            if asked.get(IS_HEAD):
                watch.ended.set()
            await _tell(watch, receive, send)

    return answer


@get(
    "/v1/music/shared/{token:str}/standing",
    opt={"public": True},
    status_code=204,
    summary="Ask whether an open link still is",
    description="For whoever can't have the stream of `events`; once a second is enough. With a session that "
    "this server signed it spends nothing.",
    tags=["Listen"],
    security=[{}],
    responses={
        204: ResponseSpec(None, description="It is.", generate_examples=False),
        **errors(
            s401="The link has a password, and neither an unlock nor a session of it was sent.",
            s404="The session isn't of this link, or the link doesn't open any more.",
            s429="Too many requests, or refusals, for this client.",
        ),
    },
)
async def tell_standing(
    token: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> None:
    """Nothing while the session's link is open, else refused as everywhere.

    It's asked once a second by everybody who hears music without the stream, many of them behind one address:
    so with a session that this server signed it spends none of the address's budgets, and isn't audited.
    """
    listening = doors.listening
    asked: Any = request.scope
    session = doors.requests.session(
        text_of(headers_of(asked), b"listen-session"), listening.clock.now_us()
    )
    if session is None:
        await find_open_session(doors, asked)
    elif not await listening.watcher.stands(session, digest(token_of(asked, has_more=True))):
        raise Problem(ProblemKind.LINK_REFUSED)


async def _tell(watch: Watch, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(_HEADERS)})
    await send({"type": "http.response.body", "body": b": listening\n\n", "more_body": True})
    gone = asyncio.ensure_future(_gone(receive))
    ended = asyncio.ensure_future(watch.ended.wait())
    changed = asyncio.ensure_future(watch.changed.wait())
    try:
        while not gone.done() and not ended.done():
            waited = (gone, ended, changed)
            await asyncio.wait(waited, timeout=_QUIET_SECONDS, return_when="FIRST_COMPLETED")
            line = b":\n\n"
            if changed.done():
                line = _CHANGED
                watch.changed.clear()
                changed = asyncio.ensure_future(watch.changed.wait())
            if not gone.done() and not ended.done():
                await send({"type": "http.response.body", "body": line, "more_body": True})
    finally:
        for one in (gone, ended, changed):
            one.cancel()
    last = b"event: ended\ndata: {}\n\n" if watch.is_closed else b""
    await send({"type": "http.response.body", "body": last, "more_body": False})


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
