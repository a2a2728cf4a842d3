"""The answer to OPTIONS: all methods of a path, whichever handlers they have.

The framework would name those of one handler. The hot endpoints answer for themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from litestar import HttpMethod, Response, route
from litestar.handlers import HTTPRouteHandler

from listenlink.running.owning import Owning
from listenlink.web import tus_headers
from listenlink.web.api import tus
from listenlink.web.given import Given
from listenlink.web.headers import SENT_FOR_LINKS, preflight, text_pairs
from listenlink.web.json_body import JSON

_LISTEN = "/listen"
_LISTEN_HEADERS = b"Content-Type, " + SENT_FOR_LINKS
_BY_SESSION = ("/events", "/standing", "/details")


def answer_options(handlers: Iterable[Any]) -> list[HTTPRouteHandler]:
    """An OPTIONS handler for each of these handlers' paths that has none."""
    methods: dict[str, set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            methods.setdefault(path, set()).update(str(method) for method in handler.http_methods)
    return [
        _answer(path, allow(named)) for path, named in methods.items() if "OPTIONS" not in named
    ]


def allow(methods: Iterable[str]) -> str:
    """The `Allow` header for these methods: HEAD goes with GET, and OPTIONS is always allowed."""
    named = set(methods) | {"OPTIONS"}
    return ", ".join(sorted(named | ({"HEAD"} if "GET" in named else set())))


def _answer(path: str, allowed: str) -> HTTPRouteHandler:
    @route(
        path,
        http_method=[HttpMethod.OPTIONS],
        status_code=204,
        opt={"public": True},
        include_in_schema=False,
    )
    async def tell_options(owning: Given[Owning]) -> Response[None]:
        headers = {"Allow": allowed}
        if "PATCH" in allowed:
            is_tus = tus_headers.PATHS.fullmatch(path.encode())
            headers["Accept-Patch"] = tus.PIECE if is_tus else JSON  # RFC 5789, section 3.1
        if path.endswith(_LISTEN):
            headers |= text_pairs(preflight(_LISTEN_HEADERS, b"POST, OPTIONS"))
        elif path.endswith(_BY_SESSION):
            headers |= text_pairs(preflight(SENT_FOR_LINKS))
        elif tus_headers.PATHS.fullmatch(path.encode()):
            headers |= tus.option_headers(owning.settings.max_upload_bytes)
        return Response(None, status_code=204, headers=headers)

    return tell_options
