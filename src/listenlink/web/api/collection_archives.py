"""A collection's files as one archive, for its owner."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from listenlink import wire
from listenlink.model import ids
from listenlink.running.owning import Owning
from listenlink.web.caller import caller_of, path_id
from listenlink.web.given import Given


@get(
    "/v1/music/{org:str}/collections/{collection_id:str}/download",
    opt={"scope": "read"},
    summary="Get the URL of a collection's archive",
    tags=["Collections"],
)
async def get_archive(
    org: FromPath[str],
    collection_id: FromPath[str],
    owning: Given[Owning],
    request: Request[Any, Any, Any],
) -> wire.Download:
    """A ZIP of the files of its tracks as they were uploaded, at most 500, by an address that is good for
    some minutes. A collection without any is a 404."""
    number, now_us = path_id(ids.COLLECTION, collection_id), owning.clock.now_us()
    return wire.Download(await owning.archives.offer_own(caller_of(request), number, now_us))
