"""What a process does with limits that are shared: what it remembers, gives back, and does without Redis."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from threading import Event, Timer

import pytest

import servers
from listenlink.actions.opening.rate_limits import OwnRateLimits, spend_one
from listenlink.actions.opening.redis_rate_limits import RedisRateLimits
from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.model.budget import USES_PER_VISIT, Allowance, Budget, Shortage, budget_sizes
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import WINDOW_US
from listenlink.store.redis.redis_log import RedisLog, open_redis
from store.test_shared_log import COUNTED, PATIENT, SECRET, ask_of

_clients = count(1)


@pytest.fixture
def redis() -> Iterator[servers.Program]:
    server = servers.new_redis()
    yield server
    server.kill()


def limits_on(redis: servers.Program, limit: int, *patience: float) -> RedisRateLimits:
    own = OwnRateLimits(limit, limit)
    log = RedisLog(open_redis(f"redis://127.0.0.1:{redis.port}/0", *patience), own.sizes, SECRET)
    return RedisRateLimits(own, log, Clock())


def accepted_of(answers: Sequence[Allowance | Shortage]) -> list[bool]:
    return [isinstance(left, Allowance) for left in answers]


def spends(
    limits: RedisRateLimits, client: int, many: int, asked: int | Budget = Budget.RESOLVE
) -> int:
    """How many of so many are accepted."""
    ask = ask_of(client, asked, Clock().tick_us())
    return sum(accepted_of(limits.spend_now([ask] * many)))


@pytest.mark.parametrize("fault", ["gone", "hung"])
@pytest.mark.parametrize("asked", [*COUNTED[:2], 3], ids=["open", "write", "dead"])
def test_without_redis_each_process_limits_by_itself_and_is_soon_back(
    redis: servers.Program, fault: str, asked: int | Budget
) -> None:
    here, there = limits_on(redis, 5), limits_on(redis, 5)
    first, second = next(_clients), next(_clients)
    assert (spends(here, first, 4, asked), spends(there, first, 4, asked)) == (4, 1)
    redis.kill() if fault == "gone" else redis.send(signal.SIGSTOP)
    begun = time.monotonic()
    # What a process answered itself stays counted.
    assert (spends(here, first, 4, asked), spends(there, first, 9, asked)) == (1, 4)
    assert time.monotonic() - begun < 0.7
    begun = time.monotonic()
    assert sum(spends(here, second, 1, asked) for _ in range(500)) == 5
    assert time.monotonic() - begun < 0.7
    redis.start() if fault == "gone" else redis.send(signal.SIGCONT)
    deadline = time.monotonic() + 5
    while True:
        third = next(_clients)
        if (spends(here, third, 3, asked), spends(there, third, 9, asked)) == (3, 2):
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    here.close()
    there.close()


def test_what_redis_is_late_with_is_counted_once(redis: servers.Program) -> None:
    """It carries out what was sent before it stopped, whoever still waits for that."""
    here, there = limits_on(redis, 5), limits_on(redis, 5, PATIENT)
    clients = [next(_clients) for _ in range(4)]
    assert [spends(there, client, 1) for client in clients] == [1] * 4
    for client, seconds in zip(clients, (0.03, 0.07, 0.13, 0.3), strict=True):
        redis.send(signal.SIGSTOP)
        going_on = Timer(seconds, redis.send, [signal.SIGCONT])
        going_on.start()
        assert spends(here, client, 1) == 1
        going_on.join()
        assert spends(there, client, 9) == 3, seconds
        # After the long ones it asks Redis again a second later.
        deadline = time.monotonic() + 5
        while spends(here, next(_clients), 1) and not here._is_shared:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    here.close()
    there.close()


def test_nobody_waits_for_a_redis_that_is_known_to_hang(
    redis: servers.Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = limits_on(redis, 5)
    redis.send(signal.SIGSTOP)
    assert spends(limits, 1000, 1) == 1
    # From here on it's tried by others than those who ask.
    waiting, tried = [], Event()
    monkeypatch.setattr(RedisLog, "spend", lambda *_: waiting.append(1))
    monkeypatch.setattr(RedisLog, "ping", _noting(tried, RedisLog.ping))
    deadline = time.monotonic() + 10
    for client in count(1001):
        assert spends(limits, client, 1) == 1
        if tried.wait(0.05):
            break
        assert time.monotonic() < deadline
    assert not waiting
    redis.send(signal.SIGCONT)
    limits.close()


def _noting(tried: Event, try_: Callable[[RedisLog], None]) -> Callable[[RedisLog], None]:
    def noting(log: RedisLog) -> None:
        try:
            try_(log)
        finally:
            tried.set()

    return noting


def test_a_redis_that_takes_nothing_is_one_that_is_gone(redis: servers.Program) -> None:
    """It answers, and refuses what is written: that isn't sharing."""
    limits = limits_on(redis, 5)
    with open_redis(f"redis://127.0.0.1:{redis.port}/0") as client:
        client.config_set("min-replicas-to-write", 1)
        first = next(_clients)
        assert spends(limits, first, 9) == 5
        time.sleep(1.1)
        assert spends(limits, next(_clients), 1) == 1
        time.sleep(0.5)
        assert not limits._is_shared
        assert not asyncio.run(limits.ping()), "else /readyz would say that they're shared"
        client.config_set("min-replicas-to-write", 0)
    time.sleep(1.1)
    assert spends(limits, next(_clients), 1) == 1
    time.sleep(0.5)
    assert limits._is_shared
    limits.close()


@pytest.mark.parametrize("budget", COUNTED)
def test_whom_redis_refused_is_refused_without_asking_again(
    redis: servers.Program, budget: Budget
) -> None:
    limits, size = limits_on(redis, 3), budget_sizes(3, 3)[budget]
    client, tick_us = next(_clients), Clock().tick_us()
    assert spends(limits, client, size + 2, budget) == size
    redis.send(signal.SIGSTOP)
    assert limits.is_spent(budget, client, tick_us + WINDOW_US - 1_000_000)
    assert not limits.is_spent(budget, client, tick_us + WINDOW_US + 1_000_000)
    left = limits.peek(budget, client, tick_us)
    assert (left.limit, left.remaining) == (size, 0)
    assert 0 < left.reset_us <= WINDOW_US + 1_000_000
    for other in set(COUNTED) - {budget}:
        assert not limits.is_spent(other, client, tick_us)
    redis.send(signal.SIGCONT)
    limits.close()


def test_which_budget_of_a_refusal_has_nothing_left_is_told_by_redis_too(
    redis: servers.Program,
) -> None:
    limits, client, tick_us = limits_on(redis, 3), next(_clients), Clock().tick_us()
    answers = limits.spend_now([ask_of(client, token, tick_us) for token in (0, 0, 0, 0, 1)])
    assert accepted_of(answers) == [True] * 3 + [False] * 2
    for left in answers[3:]:
        assert isinstance(left, Shortage)
        assert (left.budget, left.allowance.limit) == (Budget.REPEAT, 3)
        assert 0 < left.allowance.reset_us <= WINDOW_US + 1
    other = next(_clients)
    answers = limits.spend_now([ask_of(other, token, tick_us) for token in range(4)])
    assert accepted_of(answers) == [True] * 3 + [False]
    assert isinstance(answers[3], Shortage)
    assert answers[3].budget is Budget.REFUSAL
    limits.close()


@pytest.mark.parametrize("asked", [Budget.RESOLVE, Budget.WRITE, 3], ids=["open", "write", "dead"])
def test_what_is_given_back_can_be_spent_again(redis: servers.Program, asked: int | Budget) -> None:
    limits = limits_on(redis, 2)
    ask = ask_of(next(_clients), asked, Clock().tick_us())
    left = limits.spend_now([ask, ask, ask])
    assert isinstance(left[2], Shortage)
    assert isinstance(left[0], Allowance)
    limits.give_back([(ask, left[0])])
    time.sleep(0.2)
    assert not limits.is_spent(ask.budget, ask.client, ask.tick_us)
    assert accepted_of(limits.spend_now([ask, ask])) == [True, False]
    limits.close()


async def test_what_another_process_spent_is_spent_here(redis: servers.Program) -> None:
    here, there = limits_on(redis, 2), limits_on(redis, 2)
    number, tick_us = next(_clients), Clock().tick_us()
    client = ClientAddress("198.51.100.7", number, "198.51.100.0/24")
    assert spends(there, number, 2, Budget.WRITE) == 2
    assert not here.is_spent(Budget.WRITE, number, tick_us)  # It hasn't asked yet.
    with pytest.raises(Problem) as told:
        await spend_one(here, Budget.WRITE, client, tick_us)
    assert told.value.kind is ProblemKind.LIMITED
    # From now on it knows.
    assert here.is_spent(Budget.WRITE, number, tick_us)
    assert here.peek(Budget.WRITE, number, tick_us).remaining == 0
    here.close()
    there.close()


def test_tickets_have_a_limit_of_their_own_in_redis_too(redis: servers.Program) -> None:
    limits, client, tick_us = limits_on(redis, 1), next(_clients), Clock().tick_us()
    asks = [ask_of(client, b"%07d\x01" % visit, tick_us) for visit in range(USES_PER_VISIT + 2)]
    answers = limits.spend_now(asks)
    # As many as visits may have in a minute are free, one more spends the one open, and then there is none.
    assert accepted_of(answers) == [True] * (USES_PER_VISIT + 1) + [False]
    limits.close()


def test_redis_has_no_clients_number(redis: servers.Program) -> None:
    limits, client = limits_on(redis, 5), 987_654_321
    spends(limits, client, 1)
    spends(limits, client, 1, 3)
    with open_redis(f"redis://127.0.0.1:{redis.port}/0") as beside:
        keys = list(beside.scan_iter())
    assert len(keys) == 3
    for spelled in (b"%d" % client, b"%x" % client):
        assert not any(spelled in key for key in keys)
    limits.close()
