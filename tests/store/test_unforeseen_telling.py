"""What nobody foresaw fails by itself, and ends no telling."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from listenlink.clock import HOUR_US, Clock
from listenlink.model.listing import Slice
from listenlink.running.teller import Teller
from listenlink.store import deliveries, notices, tables
from outbound.receiver import Receiver, receiving
from store.owned import make_place
from store.telling_place import Telling, Watch

DAY_US = 24 * HOUR_US


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


async def happen(telling: Telling) -> None:
    """Something more to be told."""
    telling.clock.now += HOUR_US
    telling.open()
    await telling.note()


async def test_what_a_newer_node_noted_is_a_failure_and_ends_nothing(
    telling: Telling, receiver: Receiver
) -> None:
    first, database = telling.add_webhook(receiver, shape="carrier-pigeon"), telling.place.database
    with receiving() as other:
        second = telling.add_webhook(other)
        await happen(telling)
        assert await telling.send() == 2
        assert len(other.received) == 1
        database.write_now(lambda c: c.execute(update(tables.notices).values(type="link.painted")))
        number = database.read_now(notices.find_newest)
        now = telling.clock.now
        database.write_now(lambda c: notices.add_delivery(c, second, number, now))
        await telling.send()

    def failures(webhook: int) -> set[str | None]:
        found = database.read_now(lambda c: deliveries.list_deliveries(c, webhook, Slice(9)))
        return {one.failure for one in found.items}

    assert failures(first) == {"not_sendable"}
    assert failures(second) == {None, "not_sendable"}


async def test_an_unexpected_error_ends_no_telling(
    telling: Telling, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    telling.add_webhook(receiver)
    telling.open()
    times = [0]
    take = telling.sender.take

    async def fail_first(most: int) -> object:
        times[0] += 1
        if times[0] == 1:
            raise ValueError
        return await take(most)

    monkeypatch.setattr(telling.sender, "take", fail_first)
    teller = Teller(telling.place.database, Clock(), telling.sender)
    noted = telling.clock.now
    monkeypatch.setattr(Clock, "now_us", lambda _: noted)
    running = asyncio.create_task(teller.run())
    for _ in range(100):
        await asyncio.sleep(0.05)
        if receiver.received or running.done():
            break
    assert not running.done()
    assert len(receiver.received) == 1
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
