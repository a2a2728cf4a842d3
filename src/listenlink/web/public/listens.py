"""Listens, as players report them."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, post
from litestar.params import FromPath, HeaderParameter, JSONBody

from listenlink.actions.record_listen import record_listen
from listenlink.model import ids
from listenlink.web.given import Given
from listenlink.web.headers import headers_of, text_of
from listenlink.web.openapi_answers import errors
from listenlink.web.paths import token_of
from listenlink.web.public.doors import Doors
from listenlink.wire.bodies import Heard

# This one needs no key, and what arrives is held until it's whole.
_MOST_BYTES = 4096


@post(
    "/v1/music/shared/{token:str}/listen",
    opt={"public": True},
    status_code=204,
    request_max_body_size=_MOST_BYTES,
    summary="Tell of a listen",
    tags=["Listen"],
    security=[{}],
    responses=errors(
        s404="The session isn't of this link, or the link doesn't lead there any more.",
        s429="Too many listens, refusals or bodies at once, for this client.",
    ),
)
async def note_listen(
    token: FromPath[str],
    doors: Given[Doors],
    request: Request[Any, Any, Any],
    data: JSONBody[Heard],
    listen_session: Annotated[
        str | None, HeaderParameter(name="Listen-Session", description="As the open gave it.")
    ] = None,
) -> None:
    """A listen counts once for each open and track. Again: the same answer, no change.

    With a `quarter` it's no listen: so many quarters of the track were heard, of which each open counts the
    furthest once for each track."""
    listening = doors.listening
    now_us = listening.clock.now_us()
    headers = headers_of(request.scope)
    session = doors.requests.session(text_of(headers, b"listen-session"), now_us)
    await record_listen(
        listening.database,
        listening.limits,
        doors.clients.find(dict(request.scope), headers),
        token_of(request.scope, has_more=True),
        session,
        ids.parse_id(ids.TRACK, data.track_id),
        now_us,
        listening.clock.tick_us(),
        data.quarter,
        data.version,
    )
