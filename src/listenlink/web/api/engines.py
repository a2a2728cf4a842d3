"""Engines and the licences of what they make, as the operator's registry has them today."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.model import listing
from listenlink.running.owning import Owning
from listenlink.web.api.paging import Cursor, Limit, Offset, asked_slice, next_cursor
from listenlink.web.given import Given


@get("/v1/music/{org:str}/engines", opt={"scope": "read"}, summary="List engines", tags=["Engines"])
async def list_engines(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> wire.Page[wire.Engine]:
    """The engines whose licence is known, by key. Any other is `unclear`."""
    offered = owning.registry.list_in_force(owning.clock.now_us())
    part = asked_slice(request, owning, limit, offset, cursor)
    if part.after is not None:
        offered = [terms for terms in offered if terms.engine > str(part.after[0])]
    rest = offered[offset : offset + part.one_more]
    found = listing.found(rest, part, lambda terms: terms, lambda terms: (terms.engine,))
    items = [
        wire.Engine(
            engine_key=terms.engine,
            display_name=terms.display_name,
            licence_class=terms.licence.licence_class.value,
            licence_version=terms.licence.version,
            commercial_use=terms.licence.commercial_use,
            requires_attribution=terms.licence.requires_attribution,
            ai=None if terms.ai is None else terms.ai.word,
        )
        for terms in found.items
    ]
    return wire.Page(items, limit, offset, next_cursor(request, owning, found))
