"""Saving a shared track, with the link's token and the key of whoever saves it."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.datastructures import State
from litestar.params import FromPath

from listenlink import wire
from listenlink.actions.save_track import save_track
from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.running.instance import Instance
from listenlink.store.library import Edge
from listenlink.web.caller import caller_of
from listenlink.web.headers import headers_of
from listenlink.web.paths import token_of
from listenlink.web.tell_first import telling_first


@post(
    "/v1/music/shared/{token:str}/save",
    opt={"scope": "write", "errors": ["429"]},
    summary="Save a shared track",
    tags=["Listen"],
)
async def save_shared_track(
    token: FromPath[str], state: State, request: Request[Any, Any, Any]
) -> wire.SavedTrack:
    """Save a link's track to the library of the key's user. Counts no open. Again: the same answer."""
    instance: Instance = state.instance
    scope = request.scope
    edge = await save_track(
        telling_first(instance.database, _tell),
        instance.limits,
        caller_of(request),
        state.clients.find(dict(scope), headers_of(scope)),
        token_of(scope, has_more=True),
        instance.clock.now_us(),
        instance.clock.tick_us(),
    )
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
