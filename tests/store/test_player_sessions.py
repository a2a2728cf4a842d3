"""The sessions of media players: known while they last, bounded in number, shared where there is Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import cast

import pytest
from redis import Redis

import servers
from listenlink.actions.opening.player_sessions import (
    MOST_SESSIONS,
    PlayerSessions,
    name_player,
)
from listenlink.clock import SECOND_US
from listenlink.model.client_address import find_client
from listenlink.model.listen_session import ListenSession
from listenlink.store.redis.redis_log import open_redis
from listenlink.store.redis.redis_sessions import RedisSessions
from ports import free_port

NOW = 1_800_000_000
SESSION = ListenSession(1, 2, 3, NOW + 100)
SECRET = b"s" * 32


def test_a_session_is_known_until_it_is_over() -> None:
    players = PlayerSessions()

    async def ask() -> list[ListenSession | None]:
        await players.keep(b"a", SESSION, NOW * SECOND_US)
        asked = [(b"a", 0), (b"b", 0), (b"a", 99), (b"a", 100), (b"a", 0)]
        return [await players.find(player, (NOW + late) * SECOND_US) for player, late in asked]

    assert asyncio.run(ask()) == [SESSION, None, SESSION, None, None]
    assert len(players) == 0


def test_the_one_that_was_not_asked_for_longest_goes_first() -> None:
    players = PlayerSessions()

    async def fill() -> tuple[ListenSession | None, ListenSession | None]:
        for number in range(MOST_SESSIONS + 10):
            await players.keep(b"%d" % number, SESSION, 0)
            assert await players.find(b"0", 0) is SESSION
        return await players.find(b"0", 0), await players.find(b"1", 0)

    assert asyncio.run(fill()) == (SESSION, None)
    assert len(players) == MOST_SESSIONS


def test_one_players_requests_wait_for_each_other_and_leave_nothing() -> None:
    players, order = PlayerSessions(), list[str]()

    async def take(player: bytes, name: str) -> None:
        async with players.turn(player):
            order.append(name)
            await asyncio.sleep(0.01)
            order.append(name)
            if name == "a2":
                raise ValueError

    async def all_at_once() -> None:
        tasks = [take(b"a", "a1"), take(b"a", "a2"), take(b"b", "b"), take(b"a", "a3")]
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(all_at_once())
    of_a = [name for name in order if name != "b"]
    assert of_a == ["a1", "a1", "a2", "a2", "a3", "a3"]
    assert order.index("b") == 1
    assert not players._turns


@pytest.fixture
def redis() -> Iterator[Redis]:
    client = open_redis(f"redis://127.0.0.1:{servers.redis().port}/4094", 10.0)
    client.flushdb()
    yield client
    client.close()


def test_nodes_know_each_others_sessions_and_redis_no_address(redis: Redis) -> None:
    address = find_client("192.0.2.77", "", ())
    player = name_player(b"token", address, b"VLC")
    # Each with a connection of its own, which it closes.
    first, second = (
        PlayerSessions(RedisSessions(open_redis(_url_of(redis), 10.0), SECRET)) for _ in range(2)
    )
    shared = RedisSessions(open_redis(_url_of(redis), 10.0), SECRET)

    async def ask() -> None:
        await first.keep(player, SESSION, NOW * SECOND_US)
        assert await second.find(player, NOW * SECOND_US) == SESSION
        assert await second.find(b"other", NOW * SECOND_US) is None
        await first.keep(b"over", SESSION, (NOW + 100) * SECOND_US)
        assert await second.find(b"over", NOW * SECOND_US) is None
        # Its clock may be behind, so that it has what is over.
        assert await shared.find(player, NOW + 99) == SESSION
        assert await shared.find(player, NOW + 100) is None

    asyncio.run(ask())
    shared.close()
    (key,) = cast(list[bytes], redis.keys())
    assert player.hex()[:8].encode() not in key  # Nor any part of it that would name it.
    assert 0 < redis.ttl(key) <= 100
    redis.set(key, "nonsense")
    third = PlayerSessions(RedisSessions(open_redis(_url_of(redis), 10.0), SECRET))
    assert asyncio.run(third.find(player, NOW * SECOND_US)) is None
    for node in (first, second, third):
        node.close()


def _url_of(redis: Redis) -> str:
    told = redis.connection_pool.connection_kwargs
    return f"redis://{told['host']}:{told['port']}/{told['db']}"


def test_without_redis_a_node_knows_its_own() -> None:
    alone = PlayerSessions(RedisSessions(open_redis(f"redis://127.0.0.1:{free_port()}/0"), SECRET))

    async def ask() -> tuple[ListenSession | None, ListenSession | None]:
        before = await alone.find(b"a", NOW * SECOND_US)
        await alone.keep(b"a", SESSION, NOW * SECOND_US)
        return before, await alone.find(b"a", NOW * SECOND_US)

    assert asyncio.run(ask()) == (None, SESSION)
    alone.close()


def test_a_player_is_its_token_client_and_agent() -> None:
    clients = [find_client(text, "", ()) for text in ("192.0.2.1", "192.0.2.2", "2001:db8::1")]
    names = {
        name_player(token * 32, client, agent)
        for token in (b"a", b"b")
        for client in clients
        for agent in (b"VLC", b"")
    }
    assert len(names) == 12
    same = find_client("2001:db8::2", "", ())
    assert name_player(b"a", same, b"") == name_player(b"a", clients[2], b"")
