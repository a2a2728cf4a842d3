"""Engines and the licences of what they make, as the operator's registry has them today."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get
from litestar.params import FromPath

from listenlink.running.owning import Owning
from listenlink.web.api.paging import Limit, Offset, Page
from listenlink.web.given import Given


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
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[EngineAnswer]:
    """The engines whose licence is known, by key. Any other is `unclear`."""
    offered = owning.registry.list_in_force(owning.clock.now_us())
    items = [
        EngineAnswer(
            engine_key=terms.engine,
            display_name=terms.display_name,
            licence_class=terms.licence.licence_class.value,
            licence_version=terms.licence.version,
            commercial_use=terms.licence.commercial_use,
            requires_attribution=terms.licence.requires_attribution,
        )
        for terms in offered[offset : offset + limit]
    ]
    return Page(items, limit, offset)
