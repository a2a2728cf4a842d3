"""Engines and the licences of what they make, as the operator's registry has them today."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.running.owning import Owning
from listenlink.web.api.paging import Limit, Offset
from listenlink.web.given import Given


@get("/v1/music/{org:str}/engines", opt={"scope": "read"}, summary="List engines", tags=["Engines"])
async def list_engines(
    org: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
    limit: Limit = 50,
    offset: Offset = 0,
) -> wire.Page[wire.Engine]:
    """The engines whose licence is known, by key. Any other is `unclear`."""
    offered = owning.registry.list_in_force(owning.clock.now_us())
    items = [
        wire.Engine(
            engine_key=terms.engine,
            display_name=terms.display_name,
            licence_class=terms.licence.licence_class.value,
            licence_version=terms.licence.version,
            commercial_use=terms.licence.commercial_use,
            requires_attribution=terms.licence.requires_attribution,
        )
        for terms in offered[offset : offset + limit]
    ]
    return wire.Page(items, limit, offset)
