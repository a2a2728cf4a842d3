"""A node that is too slow says nothing any more of what another took meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from listenlink.clock import SECOND_US
from listenlink.store import deliveries
from listenlink.store.deliveries import Taken
from outbound.receiver import Receiver, receiving
from store.owned import make_place
from store.telling_place import Telling, Watch


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[Telling]:
    place = await make_place(tmp_path)
    yield Telling(place, Watch())
    place.database.close()


async def test_what_another_node_took_meanwhile_is_that_ones_to_settle(
    telling: Telling, receiver: Receiver
) -> None:
    telling.add_webhook(receiver)
    telling.open()
    await telling.note()
    database, now = telling.place.database, telling.clock.now

    async def take(at: int) -> Taken:
        (taken,) = await database.write(
            lambda c: deliveries.take_due(c, at, at + 60 * SECOND_US, 10)
        )
        return taken

    slow = await take(now)
    later = now + 61 * SECOND_US
    quick = await take(later)
    assert (quick.id, quick.attempts) == (slow.id, slow.attempts + 1)
    for settle in (
        lambda c: deliveries.put_off(c, slow, later + SECOND_US, 500, "status"),
        lambda c: deliveries.end(c, slow, later, 204, None),
    ):
        assert not await database.write(settle)
    # It's still the other's: nobody takes it for a third time meanwhile.
    assert await database.write(lambda c: deliveries.take_due(c, later + 2, later + 3, 10)) == []
    assert await database.write(lambda c: deliveries.end(c, quick, later, 204, None))
