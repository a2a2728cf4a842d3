"""`GET /v1/music/download/{signed}`: a track's file as its creator put it in, under its title."""

from __future__ import annotations

from functools import partial
from typing import Any

from litestar import HttpMethod, Request, route
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from listenlink.actions.play_track import Playing
from listenlink.running.instance import Instance
from listenlink.store import pages
from listenlink.store.opening.playback import Playable
from listenlink.store.pages import Download
from listenlink.web.headers import headers_of
from listenlink.web.openapi_answers import WHEN, errors

_ENDINGS = {
    "audio/wav": ".wav", "audio/flac": ".flac", "audio/mpeg": ".mp3", "audio/mp4": ".m4a",
    "audio/ogg": ".ogg", "audio/aiff": ".aiff",
}  # fmt: skip
_Spec = partial(ResponseSpec, generate_examples=False)
_NAME_LENGTH = 120
_UNFIT = frozenset('/\\:*?"<>|')


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
    now_us = instance.clock.now_us()
    leave = await instance.player.begin_download(spelled, now_us)
    found: Download | None = None
    if leave is not None:
        share_id, track_id = leave.share_id, leave.track_id
        found = await instance.database.read(
            lambda connection: pages.find_download(connection, share_id, track_id)
        )
    playing = None
    if leave is not None and found is not None:
        file = (found.digest, found.size_bytes, found.content_type)
        playing = Playing(leave, Playable(*file))

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked: Any = scope
        name = file_name(found.title, found.content_type) if found else ""
        await state.playback_door.download(asked, headers_of(asked), receive, send, playing, name)

    return answer


def file_name(title: str, content_type: str) -> str:
    """A title as a file name: nothing in it leads elsewhere or is impossible on some system."""
    plain = "".join("_" if c in _UNFIT or not c.isprintable() else c for c in title)
    return (plain[:_NAME_LENGTH].strip(" .") or "track") + _ENDINGS.get(content_type, "")
