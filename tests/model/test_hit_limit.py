"""The limit of opens is exact: at most L in any closed window of 60 s, and nobody is denied without cause.

What it does is compared with a plain list of accepted times, step by step, around every edge.
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from listenlink.model.budget import Allowance
from listenlink.model.limit import WINDOW_US, HitLimit

_EDGES = [0, 1, 2, WINDOW_US // 2, WINDOW_US - 1, WINDOW_US, WINDOW_US + 1, 2 * WINDOW_US + 1]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["spend", "spend", "spend", "give_back"]),
        st.integers(0, 2),
        st.sampled_from(_EDGES) | st.integers(0, WINDOW_US // 3),
    ),
    max_size=60,
)


class PlainList:
    """The oracle: all accepted times, counted anew at each question."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.accepted: dict[int, list[int]] = defaultdict(list)

    def used(self, client: int, tick_us: int) -> int:
        return sum(tick_us - WINDOW_US <= at <= tick_us for at in self.accepted[client])

    def spend(self, client: int, tick_us: int) -> bool:
        if self.used(client, tick_us) >= self.limit:
            return False
        self.accepted[client].append(tick_us)
        return True

    def give_back(self, client: int) -> int | None:
        return self.accepted[client].pop() if self.accepted[client] else None


def accepts(log: HitLimit, client: int, tick_us: int) -> bool:
    """Spend one; whether there was room."""
    return log.spend(client, tick_us) is not None


@settings(max_examples=400, deadline=None)
@given(limit=st.integers(1, 5), start=st.integers(0, 3 * WINDOW_US), steps=STEPS)
def test_every_decision_is_that_of_a_plain_list(
    limit: int, start: int, steps: list[tuple[str, int, int]]
) -> None:
    oracle, log, tick = PlainList(limit), HitLimit(limit), start
    for action, client, passed in steps:
        tick += passed
        left = log.peek(client, tick)
        assert (left.limit, left.remaining) == (limit, limit - oracle.used(client, tick))
        assert left.is_spent == (left.remaining == 0)
        if action == "spend":
            then = log.spend(client, tick)
            assert then == (None if left.is_spent else log.peek(client, tick))
            assert (not left.is_spent) == oracle.spend(client, tick)
        elif (returned := oracle.give_back(client)) is not None:
            log.give_back(client, returned)
        assert log.peek(client, tick).remaining == limit - oracle.used(client, tick)


@settings(max_examples=200, deadline=None)
@given(
    limit=st.integers(1, 7),
    gaps=st.lists(st.sampled_from(_EDGES) | st.integers(0, WINDOW_US // 4), max_size=80),
)
def test_no_closed_window_of_60_s_holds_more_than_l(limit: int, gaps: list[int]) -> None:
    log, tick, accepted = HitLimit(limit), 0, []
    for gap in gaps:
        tick += gap
        if log.spend(1, tick):
            accepted.append(tick)
    for first in accepted:
        assert sum(first <= at <= first + WINDOW_US for at in accepted) <= limit


@settings(max_examples=200, deadline=None)
@given(
    limit=st.integers(1, 4), gaps=st.lists(st.integers(0, WINDOW_US // 2), min_size=1, max_size=40)
)
def test_a_spent_client_is_accepted_after_reset_us_and_not_a_microsecond_sooner(
    limit: int, gaps: list[int]
) -> None:
    log, tick = HitLimit(limit), 0
    for gap in gaps:
        tick += gap
        log.spend(1, tick)
    left = log.peek(1, tick)
    assert 1 <= left.reset_us <= WINDOW_US + 1
    if left.is_spent:
        assert log.peek(1, tick + left.reset_us - 1).is_spent
        assert not log.spend(1, tick + left.reset_us - 1)
        assert log.spend(1, tick + left.reset_us)


@settings(max_examples=100, deadline=None)
@given(gaps=st.lists(st.sampled_from(_EDGES), min_size=1, max_size=20))
def test_reset_us_of_an_unspent_client_is_when_its_oldest_open_leaves_the_window(
    gaps: list[int],
) -> None:
    log, tick, accepted = HitLimit(100), 0, []
    for gap in gaps:
        tick += gap
        log.spend(1, tick)
        accepted.append(tick)
    left = log.peek(1, tick)
    oldest = min(at for at in accepted if at >= tick - WINDOW_US)
    assert left.reset_us == oldest + WINDOW_US + 1 - tick
    assert log.peek(1, tick + left.reset_us).remaining > left.remaining


def test_the_edge_of_the_window_belongs_to_it() -> None:
    log = HitLimit(1)
    assert log.spend(1, 1000)
    assert not log.spend(1, 1000 + WINDOW_US)
    assert log.spend(1, 1000 + WINDOW_US + 1)


def test_a_burst_at_the_edge_of_two_minutes_gets_l_and_not_twice_l() -> None:
    log = HitLimit(120)
    late = [log.spend(1, WINDOW_US - 1 - n) for n in reversed(range(120))]
    early = [log.spend(1, WINDOW_US + n) for n in range(1000)]
    assert all(late)
    assert not any(early)


def test_clients_have_budgets_of_their_own() -> None:
    log = HitLimit(2)
    assert [accepts(log, 1, 0), accepts(log, 1, 0), accepts(log, 1, 0)] == [True, True, False]
    assert [accepts(log, 2, 0), accepts(log, 2, 0), accepts(log, 2, 0)] == [True, True, False]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_what_is_given_back_can_be_spent_again_once(limit: int) -> None:
    log = HitLimit(limit)
    assert all(log.spend(1, 10 + n) for n in range(limit))
    log.give_back(1, 10 + limit - 1)
    assert log.peek(1, 50).remaining == 1
    assert [accepts(log, 1, 60), accepts(log, 1, 61)] == [True, False]


def test_giving_back_what_was_never_spent_gives_nothing() -> None:
    log = HitLimit(1)
    log.give_back(1, 10)
    assert [accepts(log, 1, 10), accepts(log, 1, 10)] == [True, False]
    log.give_back(1, 9)
    log.give_back(2, 10)
    assert not log.spend(1, 11)
    assert [accepts(log, 2, 11), accepts(log, 2, 11)] == [True, False]


def test_giving_back_another_moment_gives_nothing() -> None:
    log = HitLimit(2)
    assert [accepts(log, 1, 10), accepts(log, 1, 12)] == [True, True]
    log.give_back(1, 11)
    assert log.peek(1, 13).remaining == 0


@given(
    st.integers(1, 3), st.lists(st.sampled_from([0, 1, WINDOW_US // 2, WINDOW_US, WINDOW_US + 1]))
)
def test_the_cheap_check_says_what_spending_would(limit: int, gaps: list[int]) -> None:
    log, tick_us = HitLimit(limit), 0
    for gap in gaps:
        tick_us += gap
        assert log.is_spent(1, tick_us) == (not accepts(log, 1, tick_us))


def test_a_wait_is_told_in_whole_seconds_and_none_too_few() -> None:
    waits = {0: 1, 1: 1, 1_000_000: 1, 1_000_001: 2, 60_000_001: 61}
    assert {us: Allowance(1, 0, us).wait_seconds for us in waits} == waits


def test_a_limit_of_zero_accepts_everything() -> None:
    log = HitLimit(0)
    assert all(log.spend(1, 0) for _ in range(10_000))
    assert not log.peek(1, 0).is_spent
    assert len(log) == 0


def test_peeking_uses_nothing_and_remembers_nobody() -> None:
    log = HitLimit(1)
    assert all(log.peek(client, 0).remaining == 1 for client in range(1000))
    assert len(log) == 0
    assert log.spend(7, 0)


def test_flooding_does_not_lengthen_the_wait() -> None:
    log = HitLimit(3)
    assert [accepts(log, 1, n) for n in range(3)] == [True] * 3
    assert not any(log.spend(1, tick) for tick in range(3, WINDOW_US, 40_000))
    assert log.spend(1, WINDOW_US + 1)


def test_a_burst_is_judged_as_the_limits_package_judges_it() -> None:
    theirs = MovingWindowRateLimiter(MemoryStorage())
    per_minute, ours = RateLimitItemPerMinute(7), HitLimit(7)
    for number in range(60):
        client = number % 3
        assert accepts(ours, client, number) == theirs.hit(per_minute, str(client))
