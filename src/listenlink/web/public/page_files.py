"""Sends the pages' own files, which browsers cache for ever."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from listenlink.errors import Problem, ProblemKind
from listenlink.web.headers import headers_of
from listenlink.web.packing import takes_gzip
from listenlink.web.pages.assets import ASSETS

_BY_PATH = {asset.path: asset for asset in ASSETS.values()}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # An embed's frame has no origin of its own if the site around it sandboxes it.
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept-Encoding",
}


@get("/assets/{name:str}", opt={"public": True}, include_in_schema=False, sync_to_thread=False)
def get_asset(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
    """One of the page's files, by the name derived from its content."""
    asset = _BY_PATH.get(f"/assets/{name}")
    if asset is None:
        raise Problem(ProblemKind.NOT_FOUND)
    if not takes_gzip(headers_of(request.scope)):
        return Response(asset.body, media_type=asset.content_type, headers=_HEADERS)
    packed = {**_HEADERS, "Content-Encoding": "gzip"}
    return Response(asset.packed, media_type=asset.content_type, headers=packed)
