"""The days' keys that several nodes share by Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

import servers
from listenlink.secret_keys import DayKeys
from listenlink.store.redis.redis_days import RedisDayKeys
from listenlink.store.redis.redis_log import open_redis


@pytest.fixture
def redis() -> Iterator[servers.Program]:
    server = servers.new_redis()
    yield server
    server.kill()


class OwnDays(DayKeys):
    """A node's own."""

    def key_of(self, day: int) -> bytes:
        return b"own"

    def prepare(self, day: int) -> None:
        return

    def destroy_old(self, today: int) -> int:
        return 0


def test_nodes_have_the_same_key_a_day_and_redis_destroys_it(redis: servers.Program) -> None:
    client = open_redis(f"redis://127.0.0.1:{redis.port}/0")
    here, there = RedisDayKeys(client, OwnDays()), RedisDayKeys(client, OwnDays())
    today = int(time.time()) // 86_400
    assert here.key_of(today) == b"own"
    for node in (here, there):
        node.prepare(today)
    assert here.key_of(today) == there.key_of(today)
    assert here.key_of(today + 1) == there.key_of(today + 1) != here.key_of(today)
    assert len(here.key_of(today)) == 32
    expires_in = client.ttl(f"listenlink:day:{today}")
    assert 7 * 86_400 < expires_in <= 8 * 86_400
    assert here.key_of(today - 30) == b"own"
    redis.kill()
    late = RedisDayKeys(client, OwnDays())
    for node in (here, late):
        node.prepare(today)
    assert late.key_of(today) == b"own"
    assert here.key_of(today) != b"own"
