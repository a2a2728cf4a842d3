"""The OpenAPI document of the routes alone, made once, when a test first asks for it."""

from __future__ import annotations

import functools
from typing import Any, cast

from listenlink.web.openapi import write_document
from listenlink.web.routes import make_routes


@functools.cache
def document() -> dict[str, Any]:
    """The whole of it."""
    return write_document(make_routes(*cast(Any, [None] * 4)))


def schemas() -> dict[str, Any]:
    """What it says of each kind of thing, by name."""
    described: dict[str, Any] = document()["components"]["schemas"]
    return described
