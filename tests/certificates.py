"""The world's certificates, read once: for a program that asks a server, that's most of what it costs."""

from __future__ import annotations

import functools
import os
from typing import Any

import httpx
from httpx._transports import default as transports


def keep_certificates() -> None:
    """Have each client of this process, and of what is forked from it, use those that are read now."""
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")

    @functools.cache
    def made(asked: tuple[Any, ...], _: tuple[str | None, ...]) -> object:
        return httpx.create_ssl_context(*asked)

    def create_ssl_context(verify: Any = True, cert: Any = None, trust_env: bool = True) -> object:
        return made((verify, cert, trust_env), tuple(map(os.environ.get, names)))

    vars(transports)["create_ssl_context"] = create_ssl_context
    create_ssl_context()
