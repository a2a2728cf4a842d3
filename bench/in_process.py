"""An open without a server: the application, called as a server calls it, 64 requests at a time.

python in_process.py FOLDER FILE_OF_PATHS
prints the µs of processor time that an open takes, one line a round: first the rounds in which nothing is
added up, since fewer lines wait than may, and then as many in the steady state, with as many lines waiting as
may. No address asks for the first time.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvloop

from fill import ADDRESSES
from library import SETTINGS
from steady import SqliteLines, fill_up

ROUNDS = 5
_AT_ONCE, _OPENS = 64, 40_000


def scopes(paths: list[str]) -> Iterator[dict[str, Any]]:
    """Requests for these paths in turn, from another address each."""
    for number in itertools.count():
        address = number * 7919 % ADDRESSES
        client = f"10.{address // 10_000}.{address // 100 % 100}.{address % 100}"
        path = paths[number % len(paths)]
        yield {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 5000),
            "scheme": "http", "method": "GET", "root_path": "", "path": path,
            "raw_path": path.encode(), "query_string": b"",
            "headers": [(b"host", b"127.0.0.1"), (b"x-forwarded-for", client.encode())],
            "extensions": {}, "state": {},
        }  # fmt: skip


async def receive() -> dict[str, Any]:
    """No body."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def open_many(app: Any, asked: list[dict[str, Any]]) -> None:
    """Ask for all of these, so many at a time. Raises RuntimeError if one doesn't open."""
    left = iter(asked)

    async def send(message: dict[str, Any]) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"answered with {message['status']}")

    async def client() -> None:
        for scope in left:
            await app(scope, receive, send)

    await asyncio.gather(*(client() for _ in range(_AT_ONCE)))


async def begin(app: Any) -> None:
    """What the server has it do when it starts."""
    begun, never = asyncio.Event(), asyncio.Event()

    async def told() -> dict[str, Any]:
        if begun.is_set():
            await never.wait()
        return {"type": "lifespan.startup"}

    async def heard(message: dict[str, Any]) -> None:
        if message["type"] != "lifespan.startup.complete":
            raise RuntimeError(message)
        begun.set()

    app.lifespan = asyncio.create_task(app({"type": "lifespan", "asgi": {}}, told, heard))
    await begun.wait()


async def measure(data: Path, paths: list[str]) -> None:
    """Print the rounds."""
    from listenlink.app import create_app

    app, asked = create_app(), scopes(paths)
    await begin(app)
    # Every address asks once: naming a new one isn't part of an open.
    await open_many(app, list(itertools.islice(asked, ADDRESSES)))
    for number in range(2 * ROUNDS):
        if number == ROUNDS:
            fill_up(SqliteLines(data))
        some = list(itertools.islice(asked, _OPENS))
        began = time.process_time()
        await open_many(app, some)
        print(f"{(time.process_time() - began) * 1e6 / _OPENS:.2f}", flush=True)
    os._exit(0)


def main() -> None:
    """Measure, with the settings of the other rows."""
    os.environ |= SETTINGS | {"LISTENLINK_DATA": sys.argv[1]}
    uvloop.run(measure(Path(sys.argv[1]), Path(sys.argv[2]).read_text().split()))


if __name__ == "__main__":
    main()
