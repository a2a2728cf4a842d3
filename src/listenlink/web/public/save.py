"""Saving a shared track, with the link's token and the key of whoever saves it."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions.save_track import save_track
from listenlink.actions.tell_first import telling_first
from listenlink.errors import Problem, ProblemKind
from listenlink.model import ids
from listenlink.model.audit import Outcome
from listenlink.model.library import Edge
from listenlink.model.moment import moment_of
from listenlink.web.caller import caller_of
from listenlink.web.given import Given
from listenlink.web.headers import headers_of
from listenlink.web.paths import token_of
from listenlink.web.public.doors import Doors
from listenlink.web.public.share_request import require


@post(
    "/v1/music/shared/{token:str}/save",
    opt={"scope": "write", "errors": ["429"]},
    summary="Save a shared track",
    tags=["Listen"],
)
async def save_shared_track(
    token: FromPath[str], doors: Given[Doors], request: Request[Any, Any, Any]
) -> wire.SavedTrack:
    """Save a link's track to the library of the key's user. Counts no open. Again: the same answer. A link
    with a password needs that, or an unlock or a session of it."""
    listening, requests = doors.listening, doors.requests
    scope: Any = request.scope
    token = token_of(scope, has_more=True)
    asked = requests.read(scope, headers_of(scope), token, counts=False)
    edge, opening = await save_track(
        telling_first(listening.database, _tell),
        listening.limits,
        listening.opener,
        caller_of(request),
        asked,
        token,
    )
    if opening is not None:
        requests.tell_unlock(scope, require(opening, Outcome.VIEWED))
    if edge is None:
        raise Problem(ProblemKind.LINK_REFUSED)
    return _saved(edge)


def _tell(kept: tuple[Edge] | None) -> wire.SavedTrack | None:
    return None if kept is None else _saved(*kept)


def _saved(edge: Edge) -> wire.SavedTrack:
    return wire.SavedTrack(
        id=ids.public_id(ids.LIBRARY, edge.id),
        track_id=ids.public_id(ids.TRACK, edge.track_id),
        source=edge.source,
        share_link_id=None if edge.share_id is None else ids.public_id(ids.SHARE, edge.share_id),
        created_at=moment_of(edge.created_at),
    )
