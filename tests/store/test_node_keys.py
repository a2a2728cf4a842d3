"""A node that lacks a key with which others sign, or has another under its name, isn't ready."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from engines import POSTGRESQL, new_backend
from listenlink.clock import DAY_US, SECOND_US
from listenlink.model.signing import SigningKey
from listenlink.running.node_keys import NodeKeys
from listenlink.store import tables
from listenlink.store.database.database import Database

OLD, NEW = SigningKey("0" * 8, b"o" * 32), SigningKey("1" * 8, b"n" * 32)
OTHER = SigningKey(NEW.key_id, b"x" * 32)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("nodes"), POSTGRESQL).open()
    yield opened
    opened.close()


async def test_every_key_in_use_is_had_by_all(database: Database) -> None:
    async def compare(*ring: SigningKey) -> NodeKeys:
        node = NodeKeys(ring)
        await node.compare(database)
        return node

    assert (await compare(NEW, OLD)).is_matching
    lacking = await compare(OLD)
    assert not lacking.is_matching
    assert NEW.key_id in lacking.finding
    assert (await compare(OLD, NEW)).is_matching
    assert "another" in (await compare(OTHER, OLD)).finding
    # What a node signed is valid for a day: then its key is in use no longer. By the database's clock.
    pass_time(database, DAY_US - 60 * SECOND_US)
    assert not (await compare(OLD)).is_matching
    pass_time(database, 60 * SECOND_US)
    assert (await compare(OLD)).is_matching


def pass_time(database: Database, passed_us: int) -> None:
    """As if the keys had been used so much earlier."""
    table = tables.signing_keys
    earlier = update(table).values(used_at=table.c.used_at - passed_us)
    database.write_now(lambda connection: connection.execute(earlier))
