"""Connections to other machines that can't be led inside: each address is looked at before it's connected to,
and it's that very address that is connected to, so no second look-up can give another.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from functools import cache
from typing import Any

import httpcore
import httpx

from listenlink.errors import Problem
from listenlink.model.client_address import Network
from listenlink.model.outbound_address import is_address, is_allowed, may_connect
from listenlink.threads import LOOK_UPS

_CONNECT_SECONDS = 5.0
_Option = tuple[int, int, int | bytes]


class RefusedAddressError(Exception):
    """Where this leads may not be connected to. Says nothing of what is there."""


class UnknownNameError(Exception):
    """No address is known for the name."""


class _CheckedConnections(httpcore.AsyncNetworkBackend):
    """Connects to addresses of the open net and in `allowed` networks; unencrypted only to the latter."""

    def __init__(
        self, allowed: Sequence[Network], *, is_encrypted: bool, whose: int | None
    ) -> None:
        self._allowed = allowed
        self._whose = whose
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
        addresses = await _look_up(host, port, self._whose)
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
    """What an `httpx.AsyncClient` connects by. Follows nothing, uses no proxy, keeps no connection. Of what
    is one organisation's, by number in `whose`, one name is looked up at a time."""

    def __init__(
        self,
        allowed: Sequence[Network],
        *,
        is_encrypted: bool,
        context: ssl.SSLContext | None = None,
        whose: int | None = None,
    ) -> None:
        trusting = context or _usual_authorities()
        super().__init__(verify=trusting, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusting,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=_CheckedConnections(allowed, is_encrypted=is_encrypted, whose=whose),
        )


@cache
def _usual_authorities() -> ssl.SSLContext:
    """Read once: it takes longer than all else that sending does."""
    return httpx.create_ssl_context(trust_env=False)


_under_way: dict[int, Future[None]] = {}


async def _look_up(host: str, port: int, whose: int | None) -> list[str]:
    """All addresses of a name, in a thread: what looks names up may hang. One that does keeps waiting only
    whose it is, and of theirs only what has a name."""
    if is_address(host):
        return [host]

    def ask() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(place[0]) for *_, place in found))

    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await (LOOK_UPS.run(ask) if whose is None else _in_turn(whose, ask))
    except TimeoutError:
        # It's an OSError, too; of a name that isn't told in time nothing is known.
        raise
    except (OSError, UnicodeError) as error:
        raise UnknownNameError from error


async def _in_turn(whose: int, ask: Callable[[], list[str]]) -> list[str]:
    """Ask once nothing else of theirs is being asked. What isn't waited for any more goes on until it ends,
    in its thread, and is what the next one waits for."""
    while (before := _under_way.get(whose)) is not None:
        await asyncio.wait((asyncio.wrap_future(before),))
    over: Future[None] = Future()

    def end() -> None:
        if _under_way.get(whose) is over:
            del _under_way[whose]
        if not over.done():
            over.set_result(None)

    def ask_and_end() -> list[str]:
        try:
            return ask()
        finally:
            end()

    _under_way[whose] = over
    try:
        return await LOOK_UPS.run(ask_and_end)
    except Problem:
        # No thread began it.
        end()
        raise
