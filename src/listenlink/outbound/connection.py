"""Connections to other machines that can't be led inside: each address is looked at before it's connected to,
and it's that very address that is connected to, so no second look-up can give another.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore
import httpx

from listenlink.model.client_address import Network
from listenlink.model.outbound_address import is_allowed, may_connect
from listenlink.threads import LOOK_UPS

_CONNECT_SECONDS = 5.0
_Option = tuple[int, int, int | bytes]


class RefusedAddressError(Exception):
    """Where this leads may not be connected to. Says nothing of what is there."""


class UnknownNameError(Exception):
    """No address is known for the name."""


class _CheckedConnections(httpcore.AsyncNetworkBackend):
    """Connects to addresses of the open net and in `allowed` networks; unencrypted only to the latter."""

    def __init__(self, allowed: Sequence[Network], *, is_encrypted: bool) -> None:
        self._allowed = allowed
        self._is_encrypted = is_encrypted
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's own)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises RefusedAddressError if any of the name's may not
        be connected to: of a name that leads inside, too, nothing good is meant. Raises UnknownNameError."""
        addresses = await _look_up(host, port)
        may = may_connect if self._is_encrypted else is_allowed
        if not all(may(address, self._allowed) for address in addresses):
            raise RefusedAddressError
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or UnknownNameError

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never: that's this machine."""
        raise RefusedAddressError

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """What an `httpx.AsyncClient` connects by. Follows nothing, uses no proxy, keeps no connection."""

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        is_encrypted: bool,
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(verify=context or True, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or httpx.create_ssl_context(trust_env=False),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_CheckedConnections(allowed, is_encrypted=is_encrypted),
        )


async def _look_up(host: str, port: int) -> list[str]:
    """All addresses of a name, in a thread: what looks names up may hang."""

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))

    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await LOOK_UPS.run(ask)
    except (OSError, UnicodeError) as error:
        raise UnknownNameError from error
