"""Who asks, as read from a request: the client's address, or the API key of an owner."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from listenlink.actions.authenticate import Caller, authenticate, require_access
from listenlink.actions.instance import Instance
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.client_address import ClientAddress, Network, find_client
from listenlink.web.answer import Scope

_MOST_REMEMBERED = 100_000
_HOST_LENGTH = 253


class ClientFinder:
    """The client of a request. `X-Forwarded-For` is read from trusted proxies only."""

    def __init__(self, trusted: tuple[Network, ...]) -> None:
        self._trusted = trusted
        self._found: dict[tuple[str, bytes | None], ClientAddress] = {}

    def find(self, scope: Scope, headers: dict[bytes, bytes]) -> ClientAddress:
        """The peer, or whom a trusted proxy names. Addresses are parsed once, and remembered."""
        connected = scope.get("client")
        peer = connected[0] if connected else ""
        forwarded = headers.get(b"x-forwarded-for") if self._trusted else None
        client = self._found.get((peer, forwarded))
        if client is None:
            client = find_client(peer, (forwarded or b"").decode("latin-1"), self._trusted)
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[(peer, forwarded)] = client
        return client


def referring_host(referer: str) -> str | None:
    """The host of a Referer, in lower case; its path may hold a secret and is dropped."""
    if not referer:
        return None
    try:
        host = urlsplit(referer).hostname
    except ValueError:
        return None
    is_plain = host is not None and len(host) <= _HOST_LENGTH and host.isascii()
    return host if is_plain and host and host.isprintable() else None


def raw_api_key(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """The key of `X-API-Key` or `Authorization: Bearer`, or None if there is neither."""
    if key := connection.headers.get("x-api-key", "").strip():
        return key
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() == "bearer" else None


async def guard_owners(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """The one place where owners' routes are allowed. A route without a declared scope is refused.

    Routes declare a `scope`, or `any_scope`, or that they are `public`; the caller is left in the
    request's state.
    """
    # What a path allows (OPTIONS) is in the public schema too.
    if handler.opt.get("public") or connection.scope.get("method") == "OPTIONS":
        return
    instance: Instance = connection.app.state.instance
    now_us = instance.clock.now_us()
    caller = await authenticate(instance.database, raw_api_key(connection), now_us)
    if not handler.opt.get("any_scope"):
        scope = handler.opt.get("scope")
        if scope is None:
            raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)
        require_access(caller, connection.path_params.get("org"), scope)
    _refuse_repeated(connection)
    connection.state.caller = caller


def _refuse_repeated(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """No parameter here is a list: which of two is meant can't be known."""
    for name, _ in connection.query_params.multi_items():
        if len(connection.query_params.getall(name)) > 1:
            raise invalid(name, "This may be given once.")


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """The caller that the guard let in."""
    caller: Caller = connection.state.caller
    return caller


def path_id(prefix: str, text: str) -> int:
    """The number of an id in a path. A misspelled one is of nothing: Problem(NOT_FOUND)."""
    number = ids.parse_id(prefix, text)
    if number is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return number
