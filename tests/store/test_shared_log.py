"""Shared limits decide as one process's do, exactly, whoever asks at once; and what Redis's absence means."""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
import time
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import servers
from listenlink.actions.limit_clients import OwnLimits
from listenlink.actions.share_limits import SharedLimits
from listenlink.clock import Clock
from listenlink.model.limit import WINDOW_US, Spend
from listenlink.secret_keys import DayKeys
from listenlink.store.shared_days import SharedDayKeys
from listenlink.store.shared_log import SCRIPT, SharedLog, open_redis

SECRET = b"s" * 32
# Where a busy machine must not look like a slow Redis.
PATIENT = 10.0
# The script as it is, but for the clock, which the test sets.
TIMED = SCRIPT.replace("redis.call('TIME')", "redis.call('HMGET', 'now', 'seconds', 'us')")
START_US = 1_800_000_000_000_000
_clients = count(1)
_GAPS = st.sampled_from([0, 1, WINDOW_US // 2, WINDOW_US - 1, WINDOW_US, WINDOW_US + 1])
STEPS = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 2), st.none() | st.integers(0, 4)), min_size=1, max_size=8),
        _GAPS | st.integers(0, WINDOW_US // 5),
    ),
    max_size=25,
)  # fmt: skip


def digest(number: int | None) -> bytes | None:
    return None if number is None else hashlib.sha256(b"token %d" % number).digest()


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 4), misses=st.integers(0, 4), steps=STEPS)
def test_every_decision_is_that_of_one_process(
    limit: int, misses: int, steps: list[tuple[list[tuple[int, int | None]], int]]
) -> None:
    assert "HMGET" in TIMED
    redis = open_redis(f"redis://127.0.0.1:{servers.redis().port}/4095", PATIENT)
    redis.flushdb()
    own, log = OwnLimits(limit, misses), SharedLog(redis, limit, misses, SECRET, script=TIMED)
    now_us = START_US
    for asked, passed in steps:
        now_us += passed
        redis.hset("now", mapping={"seconds": now_us // 1_000_000, "us": now_us % 1_000_000})
        asks = [Spend(client, digest(token), now_us) for client, token in asked]
        for ask, told, left in zip(asks, log.spend(asks), own.spend_now(asks), strict=True):
            assert (told.left >= 0) == (left is not None)
            if ask.token_digest is None and left is not None:
                assert (told.left, told.reset_us) == (left.remaining, left.reset_us)
    redis.close()


def _press(url: str, client: int, seconds: float, accepted: list[int]) -> None:
    log = SharedLog(open_redis(url, PATIENT), 20, 20, SECRET, window_us=200_000)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        told = log.spend([Spend(client, None, 0)] * 3)
        accepted.extend([one.at for one in told if one.left >= 0])


def test_processes_that_press_at_once_get_l_in_any_window_and_not_one_more() -> None:
    url = servers.new_redis_database()
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        accepted = manager.list()
        pressing = [context.Process(target=_press, args=(url, 7, 2.0, accepted)) for _ in range(4)]
        for process in pressing:
            process.start()
        for process in pressing:
            process.join()
        times = sorted(accepted)
    for place in range(len(times) - 20):
        assert times[place + 20] - times[place] > 200_000
    # Ten windows, and each was used up.
    assert len(times) >= 9 * 20


@pytest.fixture
def redis() -> Iterator[servers.Program]:
    server = servers.new_redis()
    yield server
    server.kill()


def limits_on(redis: servers.Program, limit: int) -> SharedLimits:
    own = OwnLimits(limit, limit)
    log = SharedLog(open_redis(f"redis://127.0.0.1:{redis.port}/0"), limit, limit, SECRET)
    return SharedLimits(own, log, Clock())


def hits(limits: SharedLimits, client: int, many: int) -> int:
    tick_us = Clock().tick_us()
    return sum(left is not None for left in limits.spend_now([Spend(client, None, tick_us)] * many))


@pytest.mark.parametrize("fault", ["gone", "hung"])
def test_without_redis_each_process_limits_by_itself_and_is_soon_back(
    redis: servers.Program, fault: str
) -> None:
    here, there = limits_on(redis, 5), limits_on(redis, 5)
    first, second = next(_clients), next(_clients)
    assert (hits(here, first, 4), hits(there, first, 4)) == (4, 1)
    redis.kill() if fault == "gone" else redis.send(signal.SIGSTOP)
    begun = time.monotonic()
    # What a process answered itself stays counted.
    assert (hits(here, first, 4), hits(there, first, 9)) == (1, 4)
    assert time.monotonic() - begun < 0.7
    begun = time.monotonic()
    assert sum(hits(here, second, 1) for _ in range(500)) == 5
    assert time.monotonic() - begun < 0.7
    redis.start() if fault == "gone" else redis.send(signal.SIGCONT)
    deadline = time.monotonic() + 5
    third = next(_clients)
    while hits(here, third, 1) + hits(there, third, 1) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.1)
        third = next(_clients)
        if hits(here, third, 3) == 3 and hits(there, third, 9) == 2:
            break
    here.close()
    there.close()


def test_whom_redis_refused_is_refused_without_asking_again(redis: servers.Program) -> None:
    limits = limits_on(redis, 3)
    client, tick_us = next(_clients), Clock().tick_us()
    assert hits(limits, client, 5) == 3
    redis.send(signal.SIGSTOP)
    assert limits.is_spent(client, tick_us + WINDOW_US - 1_000_000)
    assert not limits.is_spent(client, tick_us + WINDOW_US + 1_000_000)
    assert 0 < limits.peek_hits(client, tick_us).reset_us <= WINDOW_US + 1_000_000
    redis.send(signal.SIGCONT)
    limits.close()


def test_a_hit_that_is_given_back_can_be_spent_again(redis: servers.Program) -> None:
    limits = limits_on(redis, 2)
    ask = Spend(next(_clients), None, Clock().tick_us())
    left = limits.spend_now([ask, ask, ask])
    assert left[2] is None
    assert left[0] is not None
    limits.give_back([(ask, left[0])])
    time.sleep(0.2)
    assert not limits.is_spent(ask.client, ask.tick_us)
    assert [one is not None for one in limits.spend_now([ask, ask])] == [True, False]
    limits.close()


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
    here, there = SharedDayKeys(client, OwnDays()), SharedDayKeys(client, OwnDays())
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
    late = SharedDayKeys(client, OwnDays())
    for node in (here, late):
        node.prepare(today)
    assert late.key_of(today) == b"own"
    assert here.key_of(today) != b"own"
