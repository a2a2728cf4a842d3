"""What an open costs while a hundred webhooks wait: no more than where nobody is told anything.

Both are measured in this process, in turns, by the time that its processors worked.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cast import Server
from engines import of_folder
from listenlink.clock import HOUR_US
from listenlink.model.audit import Outcome
from listenlink.model.notice import Event, Notice
from listenlink.model.webhook import Receiver, Webhook
from listenlink.settings import PREFIX
from listenlink.store import deliveries, notices, webhooks
from store.test_retention import World, a_world
from trust.figures import FULL

pytestmark = of_folder

ENDPOINTS, HANGING, WAITING = 100, 12, 20
ROUNDS, OPENS = (10, 400) if FULL else (4, 100)
# Some time between opens, in which what tells may work.
PAUSE_SECONDS = 0.3 if FULL else 0.1
# Longer than all of it takes by the clock that is set by hand.
LATER_US = 10_000 * HOUR_US
# Measured 1.05 at most on an idle machine; this one may be shared.
MOST = 1.3


def new_server(folder: Path) -> Server:
    server = Server(folder / "data")
    server.create()
    return server


@pytest.fixture
def hanging() -> Iterator[str]:
    """An address where whoever comes is let in, and never answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def add_endpoints(connection: Connection, world: World, hanging: str) -> None:
    """A hundred: for most of them much waits that failed before, and some take what is sent and hang."""
    owner, now = world.caller.owner, world.clock.now
    notice = notices.add_notice(connection, Notice(owner, Event.READY, now, {}))
    for place in range(ENDPOINTS):
        made = Webhook(0, owner, b"", "shown", ("link.spread",), "standard", now, None, None)
        number = webhooks.add_webhook(connection, made)
        url = hanging if place < HANGING else "https://hooks.example/"
        sealed = Receiver(url, b"k" * 32).seal(world.instance.owning.webhook_sealer, number)
        webhooks.keep_sealed(connection, number, sealed)
        for _ in range(WAITING):
            due_at = now if place < HANGING else now + LATER_US
            notices.add_delivery(connection, number, notice, due_at)


async def cost(world: World, begin: int) -> float:
    """Seconds of the processors for some opens one after the other, while what tells runs beside."""
    world.clock.now += 60_000_000 * OPENS
    teller = asyncio.create_task(world.instance.running.teller.run())
    await asyncio.sleep(0.2)
    began = time.process_time()
    for number in range(OPENS):
        assert await world.ask(begin + number) is Outcome.OPENED
        if number % 100 == 0:
            await asyncio.sleep(PAUSE_SECONDS)
    took = time.process_time() - began
    teller.cancel()
    await asyncio.wait([teller])
    return took


@asynccontextmanager
async def both(tmp_path: Path, hanging: str) -> AsyncIterator[tuple[World, World]]:
    async with (
        a_world(new_server(tmp_path / "quiet")) as quiet,
        a_world(new_server(tmp_path / "telling")) as telling,
    ):
        await telling.instance.running.database.write(
            lambda c: add_endpoints(c, telling, hanging), within_seconds=60
        )
        yield quiet, telling


async def test_the_open_pays_nothing_for_what_waits(
    tmp_path: Path, hanging: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PREFIX + "OUTBOUND_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv(PREFIX + "RESOLVE_LIMIT_PER_MINUTE", "0")
    async with both(tmp_path, hanging) as worlds:
        measured: list[list[float]] = [[], []]
        for turn in range(ROUNDS + 1):
            for place, world in enumerate(worlds):
                took = await cost(world, world.clock.now + turn)
                if turn:  # The first is for what is made once.
                    measured[place].append(took)
        due = await worlds[1].instance.running.database.read(
            lambda c: deliveries.is_any_due(c, worlds[1].clock.now + LATER_US)
        )
        assert due, "they still wait"
        quiet, telling = (statistics.median(each) / OPENS for each in measured)
        print(f"an open: {quiet * 1e6:.0f} µs of the processors; with {ENDPOINTS} webhooks waiting "
              f"{telling * 1e6:.0f} µs: {telling / quiet:.3f}")  # fmt: skip
        assert telling <= MOST * quiet
