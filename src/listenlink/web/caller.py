"""Who is asking, as read from a request: a client's address, an owner's API key, or who is signed in."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from listenlink.actions.authenticate import Caller, authenticate, require_access
from listenlink.actions.signing_in.sign_in import find_person
from listenlink.errors import Problem, ProblemKind, invalid
from listenlink.model import ids
from listenlink.model.client_address import (
    MOST_CLIENT_BITS,
    ClientAddress,
    Network,
    find_client,
    is_proxy,
    plain_client,
)
from listenlink.running.owning import Owning
from listenlink.web.headers import headers_of
from listenlink.web.response import Scope
from listenlink.web.same_origin import own_origins, require_ours
from listenlink.web.sign_in_cookie import SignInCookie

if TYPE_CHECKING:  # The front needs this file, and not the framework (`web/later_routes.py`).
    from litestar.connection import ASGIConnection
    from litestar.handlers import BaseRouteHandler

_MOST_REMEMBERED = 8192
# Two addresses, or three short ones; a client behind more proxies is worked out each time.
_REMEMBERED_BYTES = 128
_HOST_LENGTH = 253
# A Referer is cut to this before its path is cut off: a host, a port, and a name and password for it.
_REFERER_CHARACTERS = 1024
# Query parameters in which every word is one: an engine may be called so, or a label.
_FREE_TEXT = ("engine", "q")
_ORIGIN = re.compile(r"[^/?#]*//[^/?#]*")


class ClientFinder:
    """The client of a request. `X-Forwarded-For` is read from trusted proxies only. `client_bits` of an IPv6
    address are a client."""

    def __init__(self, trusted: tuple[Network, ...], client_bits: int = MOST_CLIENT_BITS) -> None:
        self._trusted = trusted
        self._client_bits = client_bits
        # Addresses are parsed once, and remembered.
        self._find_peer = lru_cache(_MOST_REMEMBERED)(
            lambda peer: find_client(peer, "", trusted, client_bits)
        )
        self._find_behind = lru_cache(_MOST_REMEMBERED)(self._work_out)
        self._is_proxy = lru_cache(_MOST_REMEMBERED)(lambda peer: is_proxy(peer, trusted))

    def find(self, scope: Scope, headers: dict[bytes, bytes]) -> ClientAddress:
        """The peer, or the client that a trusted proxy names."""
        connected = scope.get("client")
        peer: str = connected[0] if connected else ""
        forwarded = headers.get(b"x-forwarded-for") if self._trusted else None
        if forwarded is None:
            return self._find_peer(peer)
        if len(forwarded) <= _REMEMBERED_BYTES:
            return self._find_behind(peer, forwarded)
        return self._work_out(peer, forwarded)

    def _work_out(self, peer: str, forwarded: bytes) -> ClientAddress:
        text = forwarded.decode("latin-1")
        plain = plain_client(text) if self._is_proxy(peer) else None
        return plain or find_client(peer, text, self._trusted, self._client_bits)


def referring_host(referer: str) -> str | None:
    """The host of a Referer, in lower case; its path may hold a secret and is dropped."""
    origin = _ORIGIN.match(referer, 0, _REFERER_CHARACTERS) if referer else None
    # A name that was cut short may be the beginning of another one.
    if origin is None or origin.end() == _REFERER_CHARACTERS < len(referer):
        return None
    return _host_of(origin.group())


@lru_cache(maxsize=1024)
def _host_of(origin: str) -> str | None:
    try:
        # Python caches what it splits, too: an origin is short.
        host = urlsplit(origin).hostname
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


class OwnersGuard:
    """The one place that admits callers to owners' routes. A route that declares no scope is refused.

    A route declares a `scope`, or `any_scope`, or that it's `public`; the caller is stored in the
    request's state.
    """

    def __init__(self, owning: Owning) -> None:
        self._owning = owning

    @cached_property
    def _cookie(self) -> SignInCookie:
        return SignInCookie(self._owning.settings.base_url)

    @cached_property
    def _origins(self) -> frozenset[bytes]:
        settings = self._owning.settings
        return own_origins(settings.base_url, settings.desk_url)

    async def admit(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Raise Problem unless this caller may use this route."""
        # What a path allows (OPTIONS) is in the public schema too.
        if handler.opt.get("public") or connection.scope.get("method") == "OPTIONS":
            return
        # These have a guard of their own (`web/desk/guard.py`).
        if handler.opt.get("desk"):
            return
        caller = await self._find_caller(connection)
        if not handler.opt.get("any_scope"):
            scope = handler.opt.get("scope")
            if scope is None:
                raise Problem(ProblemKind.INSUFFICIENT_PERMISSIONS)
            require_access(caller, connection.path_params.get("org"), scope)
        _refuse_unclear(connection)
        connection.state.caller = caller

    async def _find_caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
        """Whoever's key was sent; only without one, whoever is signed in in this browser."""
        now_us, database = self._owning.clock.now_us(), self._owning.database
        scope: Scope = dict(connection.scope)
        raw_key = raw_api_key(connection)
        secret = None if raw_key else self._cookie.find(scope)
        if secret is None:
            caller = await authenticate(database, raw_key, now_us)
            if caller.key_id is not None:
                self._owning.key_uses.note(caller.key_id, now_us)
            return caller
        require_ours(scope["method"], headers_of(scope), self._origins)
        person = await find_person(database, secret, now_us)
        if person is None:
            raise Problem(ProblemKind.AUTHENTICATION_REQUIRED)
        return person.caller


def _refuse_unclear(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """No parameter here is a list, so there is no knowing which of two values is meant. And none is null: the
    framework would take that word for a parameter that was left out, and answer unfiltered."""
    for name, value in connection.query_params.multi_items():
        if len(connection.query_params.getall(name)) > 1:
            raise invalid(name, "This may be given once.")
        if value == "null" and name not in _FREE_TEXT:
            raise invalid(name, "This is no word for nothing; leave the parameter out.")


def caller_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """The caller that the guard let in."""
    caller: Caller = connection.state.caller
    return caller


def path_id(prefix: str, text: str) -> int:
    """The number of an id in a path. A malformed id stands for nothing: Problem(NOT_FOUND)."""
    number = ids.parse_id(prefix, text)
    if number is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return number
