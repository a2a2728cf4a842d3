"""What creators declare about their music: who, when and what; and what holds by default for what an
organisation's people record themselves."""

from __future__ import annotations

from typing import Any

from litestar import Request, get, put
from litestar.params import FromPath, JSONBody

from listenlink import wire
from listenlink.actions.declare_licence import declare_default, find_default
from listenlink.actions.manage_library import list_declarations as list_of_track
from listenlink.actions.tell_first import telling_first
from listenlink.model import ids
from listenlink.model.declaring import Declaration, require_declaring
from listenlink.model.moment import moment_of
from listenlink.running.owning import Owning
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given
from listenlink.web.json_body import sent_fields
from listenlink.wire.bodies import DeclaredLicence


@get(
    "/v1/music/{org:str}/tracks/{track_id:str}/declarations",
    opt={"scope": "read"},
    summary="List what was declared of a track",
    tags=["Tracks"],
)
async def list_declarations(
    org: FromPath[str],
    track_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Declaration]:
    """The terms that its creator declared, newest first."""
    number = path_id(ids.TRACK, track_id)
    part = asked_slice(request, owning, limit, offset, cursor)
    found = await list_of_track(owning.database, caller_of(request), number, part)
    items = [_told(one) for one in found.items]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))


@get(
    "/v1/music/{org:str}/licence-default",
    opt={"scope": "read"},
    summary="Get the default licence",
    tags=["Tracks"],
)
async def get_default(
    org: FromPath[str], owning: Given[Owning], request: Request[Any, Any, Any]
) -> wire.DefaultLicence:
    """What holds for what the organisation's people record themselves and declare nothing of."""
    found = await find_default(owning.database, caller_of(request))
    return wire.DefaultLicence(None if found is None else _told(found))


@put(
    "/v1/music/{org:str}/licence-default",
    opt={"scope": "admin"},
    summary="Set the default licence",
    tags=["Tracks"],
)
async def set_default(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    data: JSONBody[DeclaredLicence],
) -> wire.DefaultLicence:
    """For tracks that are uploaded from now on. Those that are there keep what was declared of them."""
    said = require_declaring(sent_fields(data))

    def tell(found: Declaration) -> wire.DefaultLicence:
        return wire.DefaultLicence(_told(found))

    database = telling_first(owning.database, tell)
    now_us = owning.clock.now_us()
    return tell(await declare_default(database, caller_of(request), said, now_us))


def _told(found: Declaration) -> wire.Declaration:
    return wire.Declaration(
        declared_licence=found.terms.value,
        attribution_text=found.attribution_text,
        declared_by=found.email,
        declared_at=moment_of(found.declared_at),
    )
