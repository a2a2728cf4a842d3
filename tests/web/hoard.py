"""Asks a front in this process for as much as a stranger can have it remember, and tells how it grew.

`python hoard.py DATA PORT REQUESTS PATHS KINDS`: an instance's folder, and as JSON the paths of things in it
and the kinds of requests. One JSON line on stdout: bytes by which the process grew with each kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.settings import load_settings
from listenlink.store.database import sqlite
from listenlink.web.front import Front

# As much as a head may have, but for its other lines.
LONG = 60_000
AT_ONCE = 20
# Doors of which a request costs a millisecond and more.
DEAR = ("page", "oembed", "bare oembed")


class Kind(NamedTuple):
    """Requests for `path`, the `n`th with this header or, without a name, this behind the path."""

    door: str
    header: str
    value: Callable[[int], bytes]
    method: str = "GET"


def filled(n: int, length: int, filler: bytes = b"x") -> bytes:
    """A text of this length that no other number has. The filler may be several bytes long."""
    begin = b"%08d" % n
    return (begin + filler * (length // len(filler)))[:length]


def long(before: bytes = b"", filler: bytes = b"x") -> Callable[[int], bytes]:
    return lambda n: before + filled(n, LONG, filler)


def short(length: int, before: bytes = b"", filler: bytes = b"x") -> Callable[[int], bytes]:
    return lambda n: before + filled(n, length, filler)


def address(n: int, first: int = 11) -> bytes:
    return b"%d.%d.%d.%d" % (first, n >> 16 & 255, n >> 8 & 255, n & 255)


_FORWARDED, _TRUSTED = "x-forwarded-for", b"127.0.0.1"
KINDS = {
    "agent": Kind("open", "user-agent", long(b"Mozilla/5.0 ")),
    "agent, cut": Kind("open", "user-agent", short(512)),
    "accept": Kind("open", "accept", long(b"*/*;a=")),
    "accept, many": Kind("open", "accept", long(b"", b"a/b,")),
    "host": Kind("open", "host", long()),
    "host, short": Kind("open", "host", short(200)),
    "host, ours": Kind("open", "host", lambda n: address(n, 127) + b":%d" % (n % 60_000)),
    "forwarded": Kind("open", _FORWARDED, lambda n: filled(n, LONG, b"10.0.0.1,") + b"," + address(n)),
    "forwarded, alone": Kind("open", _FORWARDED, lambda n: address(n, 13)),
    "forwarded, short": Kind("open", _FORWARDED, lambda n: filled(n, 128 - 16) + b"," + address(n, 12)),
    "forwarded, trusted": Kind("open", _FORWARDED, lambda n: filled(n, LONG, b"127.0.0.1,") + _TRUSTED),
    "referer": Kind("open", "referer", long(b"https://a.example/")),
    "referer, host": Kind("open", "referer", long(b"https://")),
    "referer, short": Kind("open", "referer", short(240, b"https://")),
    "session": Kind("open", "listen-session", long(b"ls1.")),
    "purpose": Kind("open", "sec-purpose", long(), "HEAD"),
    "language": Kind("oembed", "accept-language", long(b"de,")),
    "language, many": Kind("oembed", "accept-language", short(1020, b"", b"aa,")),
    "encoding": Kind("asset", "accept-encoding", long(b"gzip;a=")),
    "encoding of a page": Kind("page", "accept-encoding", long(b"gzip;a=")),
    "range": Kind("audio", "range", long(b"bytes=0-9,")),
    "tag": Kind("audio", "if-none-match", long(b'"')),
    "token": Kind("shared", "", long()),
    "token, details": Kind("shared", "", lambda n: filled(n, LONG) + b"/details"),
    "token, short": Kind("shared", "", lambda n: filled(n, 480) + b"/details"),
    "embed": Kind("embed", "", long()),
    "picture": Kind("picture", "", long()),
    "picture, short": Kind("picture", "", short(480)),
    "download": Kind("download", "", long()),
    "organisation": Kind("music", "", lambda n: filled(n, LONG) + b"/tracks"),
    "organisation, short": Kind("music", "", lambda n: filled(n, 480) + b"/tracks"),
    "query": Kind("oembed", "", long(b"&a=")),
    "query, many": Kind("oembed", "", long(b"&", b"a&")),
    "query, short": Kind("oembed", "", short(900, b"&a=")),
    "query, short and many": Kind("oembed", "", short(900, b"&", b"ab=c&")),
    "query, missing": Kind("bare oembed", "", long(b"?a=")),
    "cookie": Kind("asset", "cookie", long(b"a=")),
    "key": Kind("caller", "x-api-key", long(b"ak_")),
    "bearer": Kind("caller", "authorization", long(b"Bearer ")),
    "type": Kind("listen", "content-type", long(b"application/json;a="), "POST"),
    "own": Kind("open", "x-anything", long()),
}  # fmt: skip


def scope_of(kind: Kind, path: str, n: int) -> dict[str, Any]:
    value = kind.value(n)
    raw = path.encode() + (b"" if kind.header else value)
    raw_path, _, query = raw.partition(b"?")
    headers = {b"host": b"127.0.0.1", b"x-forwarded-for": b"198.51.100.7"}
    if kind.door == "page":
        headers[b"accept"] = b"text/html"
    if kind.method == "POST":
        headers |= {b"content-length": b"2", b"content-type": b"application/json"}
    if kind.header:
        headers[kind.header.encode()] = value
    return {
        "type": "http", "method": kind.method, "path": raw_path.decode("latin-1"), "raw_path": raw_path,
        "query_string": query, "headers": list(headers.items()), "client": ("127.0.0.1", 1),
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 1), "root_path": "", "state": {},
        "asgi": {"version": "3.0"},
    }  # fmt: skip


async def ask(front: Front, scope: dict[str, Any]) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    await front(scope, receive, send)
    return status


async def ask_many(front: Front, kind: Kind, path: str, numbers: Iterator[int]) -> set[int]:
    """Ask for each number, some at once; which statuses came."""
    statuses = set()

    async def ask_on() -> None:
        for n in numbers:
            statuses.add(await ask(front, scope_of(kind, path, n)))
            # A request that waits for nothing leaves the loop no turn, in which to do what it has put off.
            await asyncio.sleep(0)

    await asyncio.gather(*(ask_on() for _ in range(AT_ONCE)))
    return statuses


async def main(
    data: Path, port: int, requests: int, paths: dict[str, str], kinds: list[str]
) -> None:
    """These kinds, one after the other, in one process."""
    # What the database keeps of its pages has a bound of its own, and would look like the rest of it.
    sqlite._CACHE_KIB = 1024
    instance = build_instance(load_settings(data=data, port=port), Clock())
    front = Front(instance, lambda: contextlib.nullcontext())
    process, told = psutil.Process(), {}
    for kind in KINDS.values():
        await ask_many(front, kind, paths[kind.door], iter(range(40)))
    gc.collect()
    for name in kinds:
        kind = KINDS[name]
        before, began_at = process.memory_info().rss, time.monotonic()
        count = max(1100, requests // 10) if kind.door in DEAR else requests
        statuses = await ask_many(front, kind, paths[kind.door], iter(range(100, 100 + count)))
        gc.collect()
        grew = process.memory_info().rss - before
        took_us = round((time.monotonic() - began_at) / count * 1e6)
        told[name] = {"grew": grew, "statuses": sorted(statuses), "us": took_us}
    print(json.dumps(told))
    instance.close()


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *map(json.loads, sys.argv[4:]))
    )
