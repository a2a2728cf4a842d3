"""Redis's clock, set while it runs: nobody waits for longer than a window, nor gets more than the budget."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import servers
from faked_time import FakedTime, needs_faketime
from listenlink.model.budget import Budget, Spend, budget_sizes, refusal
from listenlink.model.limit import WINDOW_US
from listenlink.store.redis.redis_log import SCRIPT, RedisLog, open_redis

SECRET = b"s" * 32
PATIENT = 10.0
TIMED = SCRIPT.replace("redis.call('TIME')", "redis.call('HMGET', 'now', 'seconds', 'us')")
START_US = 1_800_000_000_000_000
HOUR, YEAR = 3600, 365 * 86_400
LIMIT = 3
TICKET = b"t" * 8


def ask_of(asked: str, number: int) -> Spend:
    """What a client asks: the same, or with a ticket or a dead link of its own each time."""
    if asked == "open":
        return Spend(1, Budget.RESOLVE, 0)
    if asked == "visit":
        return Spend(1, Budget.RESOLVE, 0, TICKET + bytes([number]))
    return refusal(1, bytes([number if asked == "miss" else 0]) * 32, 0)


ASKED = ["open", "visit", "miss", "repeat"]


@settings(max_examples=120, deadline=None)
@given(
    asked=st.sampled_from(ASKED),
    steps=st.lists(
        st.tuples(
            st.sampled_from([0, 1, WINDOW_US // 3, WINDOW_US - 1, WINDOW_US + 1]),
            st.sampled_from([0, 0, 0, 1, WINDOW_US // 2, 600_000_000, 10 * YEAR * 1_000_000]),
        ),
        max_size=25,
    ),
)
def test_a_clock_set_back_gives_no_more_and_makes_nobody_wait_longer(
    asked: str, steps: list[tuple[int, int]]
) -> None:
    assert "HMGET" in TIMED
    redis = open_redis(f"redis://127.0.0.1:{servers.redis().port}/4094", PATIENT)
    redis.flushdb()
    log = RedisLog(redis, budget_sizes(LIMIT, LIMIT), SECRET, script=TIMED)
    real_us, behind_us, accepted, serves_at = START_US, 0, [], 0
    for number, (passed_us, back_us) in enumerate(steps):
        real_us, behind_us = real_us + passed_us, behind_us + back_us
        now_us = real_us - behind_us
        redis.hset("now", mapping={"seconds": now_us // 1_000_000, "us": now_us % 1_000_000})
        (told,) = log.spend([ask_of(asked, number)])
        assert 0 < told.reset_us <= WINDOW_US + 1
        if told.left >= 0:
            accepted.append(real_us)
        elif back_us:
            serves_at = real_us + WINDOW_US + 1
        if told.left < 0:
            # Whoever waits for a window from the step on is served.
            assert not serves_at or real_us < serves_at
        else:
            serves_at = 0
    most = LIMIT * (1 if asked != "visit" else 4)
    for place in range(len(accepted) - most):
        assert accepted[place + most] - accepted[place] > WINDOW_US
    redis.close()


@pytest.fixture(scope="module")
def faked(tmp_path_factory: pytest.TempPathFactory) -> FakedTime:
    return FakedTime(tmp_path_factory.mktemp("faked"))


@pytest.fixture(scope="module")
def stepped(faked: FakedTime) -> Iterator[servers.Program]:
    server = servers.new_redis(under=faked.under)
    yield server
    server.kill()


def step_to(faked: FakedTime, log: RedisLog, step: int) -> None:
    """Set the server's clock, and wait until it goes by it: Valkey reads it ten times a second."""
    faked.set(step)
    for _ in range(100):
        if abs(log.find_time() / 1e6 - time.time() - step) < 1:
            return
        time.sleep(0.02)
    raise AssertionError("the server goes by another clock")


@needs_faketime
@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("step", [-600, -HOUR, -24 * HOUR, -10 * YEAR, HOUR, 24 * HOUR, 10 * YEAR])
def test_a_spent_client_is_served_after_a_window_of_a_real_redis(
    faked: FakedTime, stepped: servers.Program, asked: str, step: int
) -> None:
    faked.set(0)
    client = open_redis(f"redis://127.0.0.1:{stepped.port}/0", PATIENT)
    client.flushdb()
    window_us = 100_000
    log = RedisLog(client, budget_sizes(LIMIT, LIMIT), SECRET, window_us=window_us)
    assert abs(log.find_time() / 1e6 - time.time()) < 1
    number, told = 0, None
    while told is None or told.left >= 0:
        (told,) = log.spend([ask_of(asked, number)])
        number += 1
    step_to(faked, log, step)
    (told,) = log.spend([ask_of(asked, number)])
    assert told.reset_us <= window_us + 1
    if told.left < 0:
        time.sleep(told.reset_us / 1e6)
        (told,) = log.spend([ask_of(asked, number + 1)])
    assert told.left >= 0
    # And back: what was accepted while it was ahead is later than now.
    step_to(faked, log, 0)
    (told,) = log.spend([ask_of(asked, number + 2)])
    assert told.reset_us <= window_us + 1
    client.close()
