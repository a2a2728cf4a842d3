"""Floods of ranges over HTTP: what they cost the server, what is sent, and whether others wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from cast import Server
from engines import of_folder
from live.load import (
    SHARED,
    Connection,
    Reply,
    Request,
    connected,
    get,
    make_links,
    processor_seconds,
    serving,
)
from trust.figures import FULL, figure
from web.test_ranges import FLOODS

pytestmark = of_folder

REQUESTS = 200 if FULL else 10
# Beside other work on the machine; the bounds themselves are held where that is quiet.
MOST_MS, MOST_WAIT_MS = 15.0, 500.0
# A longer head is a 431, whatever is in it (docs/api.md); the parser is given longer ones in test_ranges.py.
MOST_HEAD_BYTES = 31_000


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, str, int]]:
    """A server, a link's path, the path of its audio, and how many bytes that has."""
    folder = tmp_path_factory.mktemp("floods")
    with serving(folder) as server:
        (link,) = make_links(server, folder, {})
        server.wait_until_derived()
        path = SHARED + str(link["token"])
        url = httpx.get(server.url + path).json()["track"]["playback_url"]
        ((size,),) = server.query("SELECT size_bytes FROM audio_objects")
        yield server, path, "/v1/" + url.partition("/v1/")[2], int(size)


@pytest.mark.parametrize("name", FLOODS)
async def test_a_flood_costs_little_and_delays_nobody(
    playing: tuple[Server, str, str, int], name: str
) -> None:
    server, open_path, audio, size = playing
    header, value = FLOODS[name]
    value = value[:MOST_HEAD_BYTES]
    line = b"\r\n" + header + b": " + value + b"\r\n\r\n"
    flood = Request(name, get(audio).raw.removesuffix(b"\r\n\r\n") + line)
    async with connected(server.port, 2) as (flooding, other):
        plainly, _ = await cost_of(server, flooding, get(audio))
        costs, replies = await cost_of(server, flooding, flood)
        # By another client each time, and beside the flood.
        pressing = asyncio.create_task(cost_of(server, flooding, flood))
        waits = list[float]()
        while not pressing.done():
            reply = await other.ask(get(open_path, f"203.0.113.{len(waits) % 250}"))
            waits.append(reply.heard_at - reply.asked_at)
        await pressing
    more_ms = max(0.0, costs - plainly) * 1000
    sent, wait_ms = max(len(reply.body) for reply in replies), max(waits) * 1000
    print(
        f"{name}: {more_ms:.2f} ms more, {replies[0].status}, {sent} bytes, waits {wait_ms:.1f} ms"
    )
    figure("floods of ranges", 1)
    figure("a flood of ranges, ms of processor time", round(more_ms, 2), joined="most")
    figure("bytes sent, times the file", round(sent / size, 3), joined="most")
    figure("others wait, most ms", round(wait_ms, 1), joined="most")
    assert {reply.status for reply in replies} <= {200, 206, 304, 400, 412, 431}
    assert sent <= 1.05 * size
    assert more_ms <= MOST_MS
    assert wait_ms <= MOST_WAIT_MS


async def cost_of(
    server: Server, connection: Connection, request: Request
) -> tuple[float, list[Reply]]:
    """Seconds of the server's processors for each of these, which are asked one after the other."""
    before = processor_seconds(server)
    replies = [await connection.ask(request) for _ in range(REQUESTS)]
    return (processor_seconds(server) - before) / REQUESTS, replies
