"""Engines and the licences of what they make, as the operator's registry has them today."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath

from listenlink.model import listing
from listenlink.running.instance import Instance
from listenlink.web.api.paging import Cursor, Limit, Offset, Page, asked_slice, next_cursor


class EngineAnswer(msgspec.Struct, frozen=True):
    """One engine, and the licence that a listener sees for a track it makes now."""

    engine_key: str
    display_name: str
    licence_class: str
    licence_version: str
    commercial_use: bool
    requires_attribution: bool


@get("/v1/music/{org:str}/engines", opt={"scope": "read"}, summary="List engines", tags=["Engines"])
async def list_engines(
    org: FromPath[str],
    state: State,
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
    cursor: Cursor = None,
) -> Page[EngineAnswer]:
    """The engines whose licence is known, by key. Any other is `unclear`."""
    instance: Instance = state.instance
    offered = instance.registry.list_in_force(instance.clock.now_us())
    part = asked_slice(request, instance, limit, offset, cursor)
    if part.after is not None:
        offered = [terms for terms in offered if terms.engine > str(part.after[0])]
    rest = offered[offset : offset + part.one_more]
    found = listing.found(rest, part, lambda terms: terms, lambda terms: (terms.engine,))
    items = [
        EngineAnswer(
            engine_key=terms.engine,
            display_name=terms.display_name,
            licence_class=terms.licence.licence_class.value,
            licence_version=terms.licence.version,
            commercial_use=terms.licence.commercial_use,
            requires_attribution=terms.licence.requires_attribution,
        )
        for terms in found.items
    ]
    return Page(items, limit, offset, next_cursor(request, instance, found))
