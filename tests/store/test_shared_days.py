"""The days' keys that several nodes share by Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import servers
from faked_time import FakedTime, needs_faketime
from listenlink.secret_keys import DayKeys
from listenlink.store.redis.redis_days import RedisDayKeys
from listenlink.store.redis.redis_log import open_redis


@pytest.fixture
def redis() -> Iterator[servers.Program]:
    server = servers.new_redis()
    yield server
    server.kill()


@pytest.fixture
def faked(tmp_path: Path) -> FakedTime:
    return FakedTime(tmp_path)


@pytest.fixture
def stepped(faked: FakedTime) -> Iterator[servers.Program]:
    server = servers.new_redis(under=faked.under)
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


def test_what_redis_lost_it_gets_back_from_who_knows_it(redis: servers.Program) -> None:
    client = open_redis(f"redis://127.0.0.1:{redis.port}/0")
    here, there = RedisDayKeys(client, OwnDays()), RedisDayKeys(client, OwnDays())
    for day in (100, 101, 102):
        here.prepare(day)
    keys = {day: here.key_of(day) for day in (100, 101, 102, 103)}
    assert len(set(keys.values())) == 4
    client.flushall()
    here.prepare(102)
    there.prepare(102)
    assert there.key_of(102) == keys[102]
    assert here.find_keys(range(90, 110)) == keys
    # Two that lost it at once: whoever is first, both have the same.
    client.flushall()
    late = RedisDayKeys(client, OwnDays())
    late.prepare(102)
    here.prepare(102)
    assert here.key_of(102) == late.key_of(102) != keys[102]


def test_old_keys_are_destroyed_though_redis_would_keep_them(redis: servers.Program) -> None:
    client = open_redis(f"redis://127.0.0.1:{redis.port}/0")
    keys = RedisDayKeys(client, OwnDays())
    for day in range(100, 110):
        keys.prepare(day)
    keys.destroy_old(110)
    assert sorted(keys.find_keys(range(90, 120))) == list(range(103, 111))
    keys.prepare(110)
    assert sorted(keys.find_keys(range(90, 120))) == list(range(103, 112))


@needs_faketime
@pytest.mark.parametrize("years", [10, -10])
def test_a_redis_whose_clock_is_wrong_shares_keys_all_the_same(
    faked: FakedTime, stepped: servers.Program, years: int
) -> None:
    client = open_redis(f"redis://127.0.0.1:{stepped.port}/0", 10.0)
    here, there = RedisDayKeys(client, OwnDays()), RedisDayKeys(client, OwnDays())
    today = int(time.time()) // 86_400
    here.prepare(today)
    key = here.key_of(today)
    faked.set(years * 365 * 86_400)
    here.prepare(today)
    there.prepare(today)
    assert there.key_of(today) == here.key_of(today) == key
    assert client.ttl(f"listenlink:day:{today}") > 7 * 86_400
    faked.set(0)
    here.prepare(today)
    there.prepare(today)
    assert there.key_of(today) == here.key_of(today) == key
