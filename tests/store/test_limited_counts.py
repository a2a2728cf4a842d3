"""429s are decided before any work and counted: the first of a minute before its answer, none lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from listenlink.actions.open_link import LinkOpener
from listenlink.actions.opening.rate_limits import LimitedCounts, OwnRateLimits
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.budget import Budget, Spend
from store.test_client_names import ANNA, BEN, NOON_US, asked

MINUTE_US = 60_000_000


def add(counts: LimitedCounts, at_us: int = NOON_US, client: Any = ANNA) -> bool:
    return counts.add(client, Reason.RESOLVE_LIMIT, at_us, 1, Agent.UNKNOWN)


def test_the_first_of_a_minute_is_written_before_its_answer() -> None:
    counts = LimitedCounts()
    assert add(counts)
    assert add(counts)  # It isn't durable yet.
    taken = counts.take()
    assert not counts.has_pending
    counts.mark_written(taken)
    assert not add(counts)
    assert add(counts, client=BEN)
    assert add(counts, NOON_US + MINUTE_US)
    assert [one.count for one in taken] == [2]


def test_what_could_not_be_written_is_added_to_what_came_since() -> None:
    counts = LimitedCounts()
    for _ in range(3):
        add(counts)
    taken = counts.take()
    for _ in range(2):
        add(counts)
    counts.put_back(taken)
    assert [one.count for one in counts.take()] == [5]
    assert add(counts)


async def test_a_spent_client_costs_no_look_up() -> None:
    limits, submitted = OwnRateLimits(1, 1), []

    def submit(item: Any) -> Any:
        submitted.append(item)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer

    keeper = SimpleNamespace(limits=limits, limited=LimitedCounts())
    opener = LinkOpener(cast(Any, keeper), cast(Any, SimpleNamespace(submit=submit)))
    await opener.open(asked(ANNA))
    assert submitted == [asked(ANNA)]
    limits.spend_now([Spend(ANNA.number, Budget.RESOLVE, NOON_US)])
    opening = await opener.open(asked(ANNA))
    assert opening.outcome is Outcome.LIMITED
    # Nothing but the counts themselves is to be written.
    assert submitted[1:] == [None]


async def test_whose_limits_are_their_own_there_is_nobody_to_ask() -> None:
    limits = OwnRateLimits(1, 1)
    assert await limits.ping()
    assert await limits.find_time() is None
