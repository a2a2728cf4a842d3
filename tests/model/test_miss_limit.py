"""The limit of refusals: one dead link costs one miss a minute, guessing costs one each, and L is exact."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listenlink.model.limit import WINDOW_US, MissLimit

_GAPS = st.sampled_from([0, 1, WINDOW_US // 2, WINDOW_US - 1, WINDOW_US, WINDOW_US + 1])
STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 5), _GAPS | st.integers(0, WINDOW_US // 5)),
    max_size=60,
)


def digest(number: int) -> bytes:
    return hashlib.sha256(b"token %d" % number).digest()


class PlainList:
    """The oracle: every counted miss, looked through at each question."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.counted: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def live(self, client: int, tick_us: int) -> list[int]:
        return [token for token, at in self.counted[client] if at >= tick_us - WINDOW_US]

    def spend(self, client: int, token: int, tick_us: int) -> bool:
        live = self.live(client, tick_us)
        if token in live:
            return True
        if len(live) >= self.limit:
            return False
        self.counted[client].append((token, tick_us))
        return True


@settings(max_examples=400, deadline=None)
@given(limit=st.integers(1, 4), start=st.integers(0, 2 * WINDOW_US), steps=STEPS)
def test_every_decision_is_that_of_a_plain_list(
    limit: int, start: int, steps: list[tuple[int, int, int]]
) -> None:
    oracle, log, tick = PlainList(limit), MissLimit(limit), start
    for client, token, passed in steps:
        tick += passed
        assert log.peek(client, tick).remaining == limit - len(oracle.live(client, tick))
        assert log.spend(client, digest(token), tick) == oracle.spend(client, token, tick)
        assert log.peek(client, tick).remaining == limit - len(oracle.live(client, tick))


@settings(max_examples=200, deadline=None)
@given(limit=st.integers(1, 4), gaps=st.lists(_GAPS, max_size=60))
def test_no_closed_window_of_60_s_tells_of_more_than_l_tokens(limit: int, gaps: list[int]) -> None:
    log, tick, told = MissLimit(limit), 0, []
    for token, gap in enumerate(gaps):
        tick += gap
        if log.spend(1, digest(token), tick):
            told.append(tick)
    for first in told:
        assert sum(first <= at <= first + WINDOW_US for at in told) <= limit


def test_an_office_that_clicks_one_dead_link_spends_one_miss() -> None:
    log = MissLimit(2)
    assert all(log.spend(1, digest(0), tick) for tick in range(500))
    assert log.peek(1, 500).remaining == 1


def test_a_dead_link_is_counted_again_after_a_minute_and_not_before() -> None:
    log = MissLimit(2)
    assert log.spend(1, digest(0), 0)
    assert log.spend(1, digest(0), WINDOW_US)
    assert log.peek(1, WINDOW_US).remaining == 1
    assert log.peek(1, WINDOW_US + 1).remaining == 2
    assert log.spend(1, digest(0), WINDOW_US + 1)
    assert log.peek(1, 2 * WINDOW_US).remaining == 1


def test_with_the_budget_spent_a_told_token_is_told_still_and_a_new_one_is_not() -> None:
    log = MissLimit(3)
    assert all(log.spend(1, digest(token), 0) for token in range(3))
    assert log.peek(1, 1).is_spent
    assert not log.spend(1, digest(3), 1)
    assert all(log.spend(1, digest(token), 1) for token in range(3))
    assert log.spend(2, digest(3), 1)


@settings(max_examples=100, deadline=None)
@given(gaps=st.lists(st.integers(0, WINDOW_US // 3), min_size=3, max_size=20))
def test_a_spent_client_is_told_again_after_reset_us_and_not_sooner(gaps: list[int]) -> None:
    log, tick = MissLimit(3), 0
    for token, gap in enumerate(gaps):
        tick += gap
        log.spend(1, digest(token), tick)
    left = log.peek(1, tick)
    if left.is_spent:
        assert not log.spend(1, digest(-1), tick + left.reset_us - 1)
        assert log.spend(1, digest(-2), tick + left.reset_us)


@pytest.mark.parametrize("first", [b"\x00" * 32, b"\xff" * 32, b"\x80" + b"\x00" * 31])
def test_digests_at_the_edges_of_the_number_are_tokens_like_others(first: bytes) -> None:
    log = MissLimit(2)
    assert log.spend(1, first, 0)
    assert log.spend(1, first, 0)
    assert log.spend(1, digest(1), 0)
    assert not log.spend(1, digest(2), 0)


def test_a_token_whose_number_is_the_time_of_another_ones_miss_is_counted() -> None:
    log = MissLimit(1)
    assert log.spend(1, digest(0), 1000)
    other = (1000).to_bytes(8, "big") + bytes(24)
    assert not log.accepts(1, other, 1001)
    assert not log.spend(1, other, 1001)


def test_a_limit_of_zero_tells_everything_and_remembers_nobody() -> None:
    log = MissLimit(0)
    assert all(log.spend(1, digest(token), 0) for token in range(1000))
    assert not log.peek(1, 0).is_spent
    assert len(log) == 0


def test_refused_guesses_do_not_lengthen_the_wait() -> None:
    log = MissLimit(1)
    assert log.spend(1, digest(0), 0)
    assert not any(log.spend(1, digest(n), n * 1_000_000) for n in range(1, 60))
    assert log.spend(1, digest(100), WINDOW_US + 1)
