"""A load maker on raw sockets: connections kept alive, one request at a time on each, and every answer
with its times. Little is done per answer, so that the server is what is measured.

`FULL` (`LISTENLINK_TEST_FULL=1`) asks the tests of this folder for their long variants.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from cast import Server, share, upload
from listenlink.settings import Settings
from media.make_audio import make
from shorter_waits import shorter
from trust.figures import FULL as FULL

_HAS_WORKERS = "workers" in Settings.model_fields
WORKERS = [
    pytest.param(1, id="one_worker"),
    pytest.param(
        2,
        id="two_workers",
        marks=pytest.mark.skipif(not _HAS_WORKERS, reason="there is no setting `workers` yet"),
    ),
]
SHARED = "/v1/music/shared/"


class Request(NamedTuple):
    """The bytes of a request, and what its asker calls it."""

    name: str
    raw: bytes


class Reply(NamedTuple):
    """An answer. `asked_at` and `heard_at` are monotonic seconds, just before and just after."""

    name: str
    status: int
    head: bytes
    body: bytes
    asked_at: float
    heard_at: float

    def header(self, name: str) -> str:
        """The value of a header, or the empty text."""
        found = self.head.lower().find(b"\r\n" + name.encode() + b":")
        if found < 0:
            return ""
        begin = found + len(name) + 3
        return self.head[begin : self.head.index(b"\r\n", begin)].strip().decode()

    @property
    def trace(self) -> str:
        """The answer's X-Request-Id."""
        return self.header("x-request-id")


def get(path: str, address: str = "", name: str = "", **headers: str) -> Request:
    """A GET. `address` is whom a trusted proxy would name."""
    if address:
        headers["X-Forwarded-For"] = address
    lines = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in headers.items())
    return Request(name, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode())


class Connection(asyncio.Protocol):
    """One connection kept alive. Its end, while an answer is due, is a ConnectionError."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._due: asyncio.Future[Reply] | None = None
        self._name = ""
        self._asked_at = 0.0
        self._is_lost = False

    async def ask(self, request: Request) -> Reply:
        """Send it and return the whole answer."""
        if self._transport is None or self._is_lost:
            raise ConnectionResetError
        self._name = request.name
        self._due = asyncio.get_running_loop().create_future()
        self._asked_at = time.monotonic()
        self._transport.write(request.raw)
        return await self._due

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data
        end = received.find(b"\r\n\r\n") + 4
        if end < 4 or self._due is None:
            return
        head = received[:end]
        length = head.lower().find(b"\r\ncontent-length:")
        body_end = end + (
            int(head[length + 17 : head.index(b"\r", length + 17)]) if length > 0 else 0
        )
        if len(received) < body_end:
            return
        self._received = received[body_end:]
        due, self._due = self._due, None
        if not due.done():
            reply = Reply(
                self._name,
                int(head[9:12]),
                head,
                received[end:body_end],
                self._asked_at,
                time.monotonic(),
            )
            due.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        if self._due is not None and not self._due.done():
            self._due.set_exception(ConnectionResetError())


@contextlib.asynccontextmanager
async def connected(
    port: int, count: int, of: str = "127.0.0.1"
) -> AsyncIterator[list[Connection]]:
    """This many connections to a loopback port, from this loopback address."""
    loop = asyncio.get_running_loop()
    made = [
        loop.create_connection(Connection, "127.0.0.1", port, local_addr=(of, 0))
        for _ in range(count)
    ]
    connections = [protocol for _, protocol in await asyncio.gather(*made)]
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def press(
    connections: list[Connection],
    choose: Callable[[], Request | None],
    heard: Callable[[Reply], None],
    rest_seconds: float = 0.0,
) -> None:
    """Ask on all connections, each as fast as it is answered and after a rest, until `choose` gives
    None or the server is gone."""

    async def ask_on(connection: Connection) -> None:
        with contextlib.suppress(ConnectionResetError):
            while (request := choose()) is not None:
                heard(await connection.ask(request))
                if rest_seconds:
                    await asyncio.sleep(rest_seconds)

    await asyncio.gather(*(ask_on(connection) for connection in connections))


@contextlib.contextmanager
def serving(folder: Path, workers: int = 1, **settings: str) -> Iterator[Server]:
    """A server that believes a proxy on loopback, without limits unless they are given."""
    if workers > 1:
        settings["WORKERS"] = str(workers)
    with with_waits(folder, {}, is_forked=True, **settings) as running:
        yield running


@contextlib.contextmanager
def with_waits(
    folder: Path, waits: Mapping[str, float], /, *, is_forked: bool = True, **settings: str
) -> Iterator[Server]:
    """The same with shorter waits (`shorter_waits.py`)."""
    given = {"TRUSTED_PROXIES": "127.0.0.1/32", "RESOLVE_LIMIT_PER_MINUTE": "0"} | settings
    running = Server(folder / "data", given, shorter(waits), is_forked=is_forked)
    running.create()
    running.start()
    try:
        yield running
    finally:
        if running.process is not None:
            running.stop()


def processor_seconds(server: Server) -> float:
    """What all the server's processes have taken of the processors so far."""
    assert server.process is not None
    first = psutil.Process(server.process.pid)
    times = [each.cpu_times() for each in (first, *first.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def p99(seconds: Iterable[float]) -> float:
    """The seconds within which 99 of 100 were there; of a hundred or fewer it's the slowest one."""
    ordered = sorted(seconds)
    return ordered[math.ceil(0.99 * len(ordered)) - 1]


def make_links(server: Server, folder: Path, *terms: dict[str, Any]) -> list[dict[str, Any]]:
    """A track, and a link to it for each of the terms."""
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "song.wav"))
        return [share(owner, song["id"], **each) for each in terms]


def link_number(link: dict[str, Any]) -> int:
    """The number by which the database knows a link."""
    return int(str(link["id"]).removeprefix("mslink_"), 16)
