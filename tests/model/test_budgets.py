"""A client's budgets together: each exact by itself, and a refusal spends two of them or none.

What is decided is compared with plain lists of accepted times, step by step, around every edge.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import NamedTuple

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.model.budget import Allowance, Budget, Charge, Shortage, Spend, refusal
from listenlink.model.limit import WINDOW_US

COUNTED = [Budget.RESOLVE, Budget.WRITE, Budget.PICTURE]
_EDGES = [0, 1, WINDOW_US // 2, WINDOW_US - 1, WINDOW_US, WINDOW_US + 1]


class Step(NamedTuple):
    """What a client asks for after `passed` µs: the refusal of a token, or one of a budget. With `fails`
    the answer never leaves."""

    client: int
    asked: int | Budget
    passed: int
    fails: bool


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 1),
        st.integers(0, 4) | st.sampled_from(COUNTED),
        st.sampled_from(_EDGES) | st.integers(0, WINDOW_US // 8),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=70,
)


def digest(number: int) -> bytes:
    return hashlib.sha256(b"token %d" % number).digest()


def ask_of(step: Step, tick_us: int) -> Spend:
    if isinstance(step.asked, Budget):
        return Spend(step.client, step.asked, tick_us)
    return refusal(step.client, digest(step.asked), tick_us)


class PlainLists:
    """The oracle: whatever was accepted, with its time, looked through at each question."""

    def __init__(self, resolve: int, misses: int) -> None:
        self.sizes = {
            Budget.RESOLVE: resolve,
            Budget.REFUSAL: misses,
            Budget.REPEAT: resolve,
            Budget.WRITE: resolve,
            Budget.PICTURE: 5 * resolve,
        }
        self.times: dict[tuple[int, Budget], list[int]] = defaultdict(list)
        self.tokens: dict[int, list[tuple[bytes, int]]] = defaultdict(list)

    def used(self, client: int, budget: Budget, tick_us: int) -> int:
        return sum(at >= tick_us - WINDOW_US for at in self.times[client, budget])

    def missing(self, ask: Spend, tick_us: int) -> set[Budget]:
        """The budgets that have nothing left for this at that time."""
        client, budget = ask.client, ask.budget
        lacking = set()
        if self.used(client, budget, tick_us) >= self.sizes[budget]:
            lacking.add(budget)
        if budget is Budget.REPEAT and self.sizes[Budget.REFUSAL]:
            live = [token for token, at in self.tokens[client] if at >= tick_us - WINDOW_US]
            if ask.token_digest not in live and len(live) >= self.sizes[Budget.REFUSAL]:
                lacking.add(Budget.REFUSAL)
        return lacking

    def accept(self, ask: Spend) -> None:
        client, budget, tick_us, token = ask
        self.times[client, budget].append(tick_us)
        live = [each for each, at in self.tokens[client] if at >= tick_us - WINDOW_US]
        if budget is Budget.REPEAT and token not in live:
            self.tokens[client].append((token, tick_us))

    def give_back(self, ask: Spend) -> None:
        """A token that was refused stays known as such."""
        self.times[ask.client, ask.budget].remove(ask.tick_us)


@settings(max_examples=500, deadline=None)
@given(resolve=st.integers(1, 6), misses=st.integers(0, 4), steps=STEPS)
def test_every_decision_is_that_of_plain_lists(
    resolve: int, misses: int, steps: list[Step]
) -> None:
    oracle, limits, tick = PlainLists(resolve, misses), OwnRateLimits(resolve, misses), 7
    assert limits.sizes == oracle.sizes
    for step in steps:
        tick += step.passed
        ask = ask_of(step, tick)
        missing = oracle.missing(ask, tick)
        if ask.budget is not Budget.REPEAT:
            assert limits.is_spent(ask.budget, ask.client, tick) == bool(missing)
        (left,) = limits.spend_now([ask])
        if isinstance(left, Shortage):
            check_shortage(oracle, ask, left, missing)
            continue
        assert missing == set()
        oracle.accept(ask)
        used = oracle.used(ask.client, ask.budget, tick)
        assert left.remaining == oracle.sizes[ask.budget] - used
        if step.fails:
            limits.give_back([(ask, left)])
            oracle.give_back(ask)
        check_what_is_left(oracle, limits, step.client, tick)


def check_shortage(oracle: PlainLists, ask: Spend, told: Shortage, missing: set[Budget]) -> None:
    """It names a budget that has nothing left, and who waits as long as is told is served then and not
    a microsecond sooner."""
    event(f"nothing left of {told.budget.name}, of {len(missing)}")
    assert told.budget in missing
    assert told.allowance.limit == oracle.sizes[told.budget]
    assert told.allowance.remaining == 0
    served_at = ask.tick_us + told.allowance.reset_us
    assert oracle.missing(ask, served_at - 1) != set()
    assert oracle.missing(ask, served_at) == set()


def check_what_is_left(oracle: PlainLists, limits: OwnRateLimits, client: int, tick: int) -> None:
    for budget in [*COUNTED, Budget.REPEAT]:
        left = limits.peek(budget, client, tick)
        used = oracle.used(client, budget, tick)
        assert (left.limit, left.remaining) == (oracle.sizes[budget], left.limit - used)


def refused(limits: OwnRateLimits, token: int, tick_us: int, client: int = 1) -> Budget | None:
    """The budget that had no refusal left, or None if it was told."""
    (left,) = limits.spend_now([refusal(client, digest(token), tick_us)])
    return left.budget if isinstance(left, Shortage) else None


def spends(limits: OwnRateLimits, budget: Budget, many: int, tick_us: int, client: int = 1) -> int:
    """How many of so many were accepted."""
    answers = limits.spend_now([Spend(client, budget, tick_us)] * many)
    return sum(isinstance(left, Allowance) for left in answers)


def test_one_dead_link_is_told_as_often_as_a_good_one_opens_and_then_not() -> None:
    limits = OwnRateLimits(120, 20)
    told = [refused(limits, 0, tick) for tick in range(20_000)]
    assert told == [None] * 120 + [Budget.REPEAT] * 19_880
    assert refused(limits, 0, WINDOW_US) is Budget.REPEAT
    assert refused(limits, 0, WINDOW_US + 1) is None


def test_dead_links_in_turn_have_no_more_together() -> None:
    limits = OwnRateLimits(120, 20)
    told = [refused(limits, n % 20, n) for n in range(20_000)]
    assert told.count(None) == 120
    assert refused(limits, 20, 20_000) is Budget.REFUSAL


def use_up(limits: OwnRateLimits, budget: Budget, tick_us: int, client: int = 1) -> int:
    """How many were accepted of a budget until it said that it has nothing left."""
    if budget in COUNTED:
        return spends(limits, budget, 99, tick_us, client)
    tokens = range(99) if budget is Budget.REFUSAL else [0] * 99
    told = [refused(limits, token, tick_us, client) for token in tokens]
    assert set(told) == {None, budget}
    return told.count(None)


@pytest.mark.parametrize("spent", list(Budget))
@pytest.mark.parametrize("other", list(Budget))
def test_no_budget_is_touched_by_another_ones_requests(spent: Budget, other: Budget) -> None:
    limits = OwnRateLimits(10, 3)
    assert use_up(limits, spent, 0) == limits.sizes[spent]
    refusals = {Budget.REFUSAL, Budget.REPEAT}
    if spent is not other and {spent, other} != refusals:
        assert use_up(limits, other, 1) == limits.sizes[other]
    assert use_up(limits, other, 2, client=2) == limits.sizes[other]


def test_a_refusal_spends_both_of_its_budgets_or_none() -> None:
    limits = OwnRateLimits(4, 3)
    assert [refused(limits, 0, 0) for _ in range(2)] == [None] * 2
    assert [refused(limits, n, 1) for n in (1, 2)] == [None] * 2
    # Nothing is left of `repeat`, and of `refusal` neither: a new token needs both.
    assert refused(limits, 3, 2) is Budget.REFUSAL
    assert refused(limits, 0, 2) is Budget.REPEAT
    # The two of the first moment are out of the window, and nothing was spent by who was limited.
    later = WINDOW_US + 1
    assert refused(limits, 3, later) is None
    assert refused(limits, 4, later) is Budget.REFUSAL
    assert refused(limits, 3, later) is None
    assert refused(limits, 3, later) is Budget.REPEAT


def test_without_a_repeat_left_a_new_token_is_not_counted() -> None:
    limits = OwnRateLimits(2, 2)
    assert [refused(limits, 0, tick) for tick in (0, 0, 1, 2)] == [None] * 2 + [Budget.REPEAT] * 2
    assert [refused(limits, n, 3) for n in (1, 2, 3)] == [Budget.REPEAT] * 3
    assert [refused(limits, n, WINDOW_US + 1) for n in (4, 5)] == [None] * 2


def test_a_limit_of_opens_of_zero_switches_all_off() -> None:
    limits = OwnRateLimits(0, 20)
    assert set(limits.sizes.values()) == {0}
    assert {refused(limits, n, 0) for n in [*range(1000), *[0] * 1000]} == {None}
    for budget in COUNTED:
        assert spends(limits, budget, 1000, 0) == 1000
        assert not limits.is_spent(budget, 1, 0)


def test_a_limit_of_misses_of_zero_switches_off_only_that_of_tokens() -> None:
    limits = OwnRateLimits(30, 0)
    assert [refused(limits, n, n) for n in range(40)] == [None] * 30 + [Budget.REPEAT] * 10
    assert spends(limits, Budget.RESOLVE, 40, 50) == 30


def test_a_refusal_that_never_left_is_given_back_but_its_token_stays_known() -> None:
    limits = OwnRateLimits(2, 1)
    ask = refusal(1, digest(0), 5)
    charges: list[Charge] = []
    for left in limits.spend_now([ask, ask]):
        assert isinstance(left, Allowance)
        charges.append((ask, left))
    limits.give_back(charges)
    assert refused(limits, 1, 6) is Budget.REFUSAL
    assert [refused(limits, 0, 6) for _ in range(3)] == [None, None, Budget.REPEAT]


def test_each_of_the_two_budgets_of_a_refusal_can_be_the_one_that_lasts_longer() -> None:
    """After a failure the tokens are known longer than their refusals count: then the longer wait is told."""
    limits = OwnRateLimits(1, 1)
    first = refusal(1, digest(0), 0)
    (left,) = limits.spend_now([first])
    assert isinstance(left, Allowance)
    limits.give_back([(first, left)])
    assert refused(limits, 0, 10) is None
    assert refused(limits, 1, 20) is Budget.REPEAT
    assert refused(limits, 1, WINDOW_US + 10) is Budget.REPEAT
    assert refused(limits, 1, WINDOW_US + 11) is None
