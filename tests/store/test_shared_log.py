"""Shared limits decide as one process's do, exactly, whoever asks at once."""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Iterator
from typing import Any, cast

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st
from redis.exceptions import RedisError

import servers
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.model.budget import Allowance, Budget, Shortage, Spend, budget_sizes, refusal
from listenlink.model.limit import VISIT_US, WINDOW_US
from listenlink.store.redis.redis_log import SCRIPT, RedisLog, Told, open_redis

SECRET = b"s" * 32
# Where a busy machine must not look like a slow Redis.
PATIENT = 10.0
# The script as it is, but for the clock, which the test sets.
TIMED = SCRIPT.replace("redis.call('TIME')", "redis.call('HMGET', 'now', 'seconds', 'us')")
START_US = 1_800_000_000_000_000
_GAPS = st.sampled_from([0, 1, WINDOW_US // 2, WINDOW_US - 1, WINDOW_US, WINDOW_US + 1])
COUNTED = [Budget.RESOLVE, Budget.WRITE, Budget.PICTURE]
# The uses of visit tickets, of which some are tried again.
USES = [b"%07d%c" % (visit, use) for visit in (1, 2) for use in (1, 2, 3)]
# Who asks, for the refusal of which token or one of which budget or with which ticket, and whether the answer
# never leaves.
STEPS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.integers(0, 4) | st.sampled_from(COUNTED) | st.sampled_from(USES),
                st.sampled_from([False, False, True]),
            ),
            min_size=1,
            max_size=8,
        ),
        _GAPS
        | st.integers(0, WINDOW_US // 5)
        | st.sampled_from([VISIT_US - 1, VISIT_US, VISIT_US + 1]),
    ),
    max_size=25,
)


def ask_of(client: int, asked: int | bytes | Budget, tick_us: int) -> Spend:
    if isinstance(asked, bytes):
        # A ticket is one client's.
        return Spend(client, Budget.RESOLVE, tick_us, bytes([client]) + asked)
    if isinstance(asked, Budget):
        return Spend(client, asked, tick_us)
    return refusal(client, hashlib.sha256(b"token %d" % asked).digest(), tick_us)


@settings(max_examples=150, deadline=None)
@given(limit=st.integers(1, 4), misses=st.integers(0, 4), steps=STEPS)
# The token is known from a refusal that was given back, so that `repeat` lasts longer.
@example(limit=1, misses=1, steps=[([(1, 0, t == 0)], t) for t in (0, 9)] + [([(1, 1, False)], 9)])
def test_every_decision_is_that_of_one_process(
    limit: int, misses: int, steps: list[tuple[list[tuple[int, int | bytes | Budget, bool]], int]]
) -> None:
    assert "HMGET" in TIMED
    redis = open_redis(f"redis://127.0.0.1:{servers.redis().port}/4095", PATIENT)
    redis.flushdb()
    own = OwnRateLimits(limit, misses)
    log = RedisLog(redis, own.sizes, SECRET, script=TIMED)
    now_us = START_US
    for batch, passed in steps:
        now_us += passed
        redis.hset("now", mapping={"seconds": now_us // 1_000_000, "us": now_us % 1_000_000})
        asks = [ask_of(client, asked, now_us) for client, asked, _ in batch]
        failed: list[tuple[Spend, Allowance, int]] = []
        for (*_, fails), ask, told, left in zip(
            batch, asks, log.spend(asks), own.spend_now(asks), strict=True
        ):
            check_same(ask, told, left)
            if fails and isinstance(left, Allowance):
                paid = (
                    ask
                    if told.is_free or ask.budget is Budget.REPEAT
                    else ask._replace(token_digest=b"")
                )
                failed.append((paid, left, told.at))
        own.give_back((ask, left) for ask, left, _ in failed)
        log.give_back((ask, at) for ask, _, at in failed)
    redis.close()


def check_same(ask: Spend, told: Told, left: Allowance | Shortage) -> None:
    """The same decision, for the same reason, with the same wait."""
    event(
        f"{told.budget.name} {'short' if told.left < 0 else 'free' if told.is_free else 'accepted'}"
    )
    if isinstance(left, Shortage):
        assert (told.left, told.budget) == (-1, left.budget)
        assert told.reset_us == left.allowance.reset_us
    else:
        assert (told.left, told.budget) == (left.remaining, ask.budget)
        assert told.reset_us == left.reset_us


@pytest.fixture
def cluster() -> Iterator[servers.Program]:
    """A Redis that is a cluster by itself: it refuses a call whose keys are of several hash slots."""
    server = servers.new_redis("--cluster-enabled", "yes")
    with open_redis(f"redis://127.0.0.1:{server.port}/0", PATIENT) as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16_384))
        while b"cluster_state:ok" not in client.execute_command("CLUSTER", "INFO"):
            time.sleep(0.05)
    yield server
    server.kill()


def test_a_cluster_takes_every_call(cluster: servers.Program) -> None:
    with open_redis(f"redis://127.0.0.1:{cluster.port}/0", PATIENT) as client:
        with pytest.raises(RedisError, match="same slot"):
            client.eval("return 1", 2, "listenlink:{1}:h:a", "listenlink:{2}:h:a")
        log = RedisLog(client, budget_sizes(5, 5), SECRET)
        of_all: list[int | bytes | Budget] = [*COUNTED, 1, 2, USES[0]]
        asks = [ask_of(number, asked, 0) for number in range(40) for asked in of_all]
        assert {told.left >= 0 for told in log.spend(asks)} == {True}
        kinds = {bytes(key).split(b":")[2] for key in client.scan_iter(count=1000)}
        assert kinds == {b"h", b"m", b"r", b"w", b"p", b"v", b"u"}


def test_a_batch_is_one_call() -> None:
    with open_redis(servers.new_redis_database(), PATIENT) as client:
        log = RedisLog(client, budget_sizes(5, 5), SECRET)
        log.spend([ask_of(0, Budget.RESOLVE, 0)])
        before = cast(Any, client.info("commandstats"))["cmdstat_evalsha"]["calls"]
        log.spend(
            [ask_of(number, asked, 0) for number in range(40) for asked in (Budget.RESOLVE, 1)]
        )
        assert cast(Any, client.info("commandstats"))["cmdstat_evalsha"]["calls"] == before + 1


def _press(url: str, client: int, asked: int | Budget, seconds: float, accepted: list[int]) -> None:
    log = RedisLog(open_redis(url, PATIENT), budget_sizes(20, 20), SECRET, window_us=200_000)
    ask = ask_of(client, asked, 0)
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        told = log.spend([ask] * 3)
        accepted.extend([one.at for one in told if one.left >= 0])


@pytest.mark.parametrize("asked", [Budget.RESOLVE, 0, Budget.WRITE], ids=["open", "dead", "write"])
def test_processes_that_press_at_once_get_l_in_any_window_and_not_one_more(
    asked: int | Budget,
) -> None:
    url = servers.new_redis_database()
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        accepted = manager.list()
        pressing = [
            context.Process(target=_press, args=(url, 7, asked, 2.0, accepted)) for _ in range(4)
        ]
        for process in pressing:
            process.start()
        for process in pressing:
            process.join()
        times = sorted(accepted)
    for place in range(len(times) - 20):
        assert times[place + 20] - times[place] > 200_000
    # Ten windows, and each was used up.
    assert len(times) >= 9 * 20
