"""A node that lacks a key with which others sign, or has another under its name, isn't ready."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines import POSTGRESQL, new_backend
from listenlink.clock import DAY_US, Clock
from listenlink.model.signing import SigningKey
from listenlink.running.node_keys import NodeKeys
from listenlink.store.database.database import Database

OLD, NEW = SigningKey("0" * 8, b"o" * 32), SigningKey("1" * 8, b"n" * 32)
OTHER = SigningKey(NEW.key_id, b"x" * 32)


class SetClock(Clock):
    """A clock that stands where it was put."""

    now = 20_000 * DAY_US

    def now_us(self) -> int:
        return self.now


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("nodes"), POSTGRESQL).open()
    yield opened
    opened.close()


async def test_every_key_in_use_is_had_by_all(database: Database) -> None:
    clock = SetClock()

    async def compare(*ring: SigningKey) -> NodeKeys:
        node = NodeKeys(ring, clock)
        await node.compare(database)
        return node

    assert (await compare(NEW, OLD)).is_matching
    lacking = await compare(OLD)
    assert not lacking.is_matching
    assert NEW.key_id in lacking.finding
    assert (await compare(OLD, NEW)).is_matching
    assert "another" in (await compare(OTHER, OLD)).finding
    # What a node signed is valid for a day: then its key is in use no longer.
    clock.now += DAY_US - 1
    assert not (await compare(OLD)).is_matching
    clock.now += 1
    assert (await compare(OLD)).is_matching
