"""The budgets of each client, and the counted log of requests that exceeded them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Agent, Reason
from listenlink.model.budget import (
    USES_PER_VISIT,
    Allowance,
    Budget,
    Charge,
    Shortage,
    Spend,
    budget_sizes,
    refusal,
)
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import HitLimit, MissLimit, VisitLimit
from listenlink.model.share_token import digest

_REPEAT, _RESOLVE = Budget.REPEAT, Budget.RESOLVE
Answers = Sequence[Allowance | Shortage]


class RateLimits(Protocol):
    """Budgets, spent for many requests at once."""

    def is_spent(self, budget: Budget, client: int, tick_us: int) -> bool:
        """Whether one more would surely be refused now. A cheap check before any work is done; not for
        refusals, which are known as such only after the work."""

    def admits(self, visit: bytes, client: int, tick_us: int) -> bool:
        """Whether this use of a visit ticket would spend nothing, as far as this process knows."""

    def spend_now(self, asks: Sequence[Spend]) -> Answers:
        """Accept each, in order, if there is room for it. Return what is then left, or what was lacking."""

    async def spend(self, asks: Sequence[Spend]) -> Answers:
        """`spend_now` without blocking the event loop if it has to wait for somebody."""

    def give_back(self, charges: Iterable[Charge]) -> None:
        """Undo what was accepted for answers that were never sent because the database couldn't commit them.
        A token's refusal isn't forgotten: it may have been refused again meanwhile at no further cost."""

    def peek(self, budget: Budget, client: int, tick_us: int) -> Allowance:
        """What is left of a budget that `is_spent` covers, as far as this process knows."""

    async def ping(self) -> bool:
        """Whether the budgets are exact: False while each process has to limit by itself."""

    async def find_time(self) -> int | None:
        """The time by the clock that the budgets are measured with, in epoch µs, where that isn't the tick;
        None too if it can't be asked."""

    def close(self) -> None:
        """Close any connections."""


class OwnRateLimits:
    """The budgets of one process by itself. `sizes` is how many requests each allows, 0 for no limit."""

    def __init__(self, resolve_per_minute: int, miss_per_minute: int) -> None:
        self.sizes = budget_sizes(resolve_per_minute, miss_per_minute)
        self._hits: dict[Budget, HitLimit] = {
            budget: HitLimit(size)
            for budget, size in self.sizes.items()
            if budget is not Budget.REFUSAL
        }
        self._misses = MissLimit(self.sizes[Budget.REFUSAL])
        self._repeats = self._hits[_REPEAT]
        self._visits = VisitLimit(USES_PER_VISIT * resolve_per_minute)

    def is_spent(self, budget: Budget, client: int, tick_us: int) -> bool:
        """Whether one more would be refused now."""
        return self._hits[budget].is_spent(client, tick_us)

    def admits(self, visit: bytes, client: int, tick_us: int) -> bool:
        """Whether this use of a visit ticket would spend nothing."""
        return self._visits.accepts(client, visit, tick_us)

    def spend_now(self, asks: Sequence[Spend]) -> Answers:
        """Accept each, in order, if there is room for it."""
        hits, refuse = self._hits, self._spend_refusal
        return [
            (
                refuse(client, token_digest, tick_us)
                if budget is _REPEAT
                else self._spend_visit(client, token_digest, tick_us)
                if token_digest
                else hits[budget].spend(client, tick_us)
            )
            or self._find_shortage(client, budget, tick_us, token_digest)
            for client, budget, tick_us, token_digest in asks
        ]

    def _spend_visit(self, client: int, visit: bytes, tick_us: int) -> Allowance | None:
        """Take the use of the ticket, or else spend as without one."""
        hits = self._hits[_RESOLVE]
        if hits.limit and self._visits.take(client, visit, tick_us):
            return hits.peek(client, tick_us)
        return hits.spend(client, tick_us)

    def _spend_refusal(self, client: int, token_digest: bytes, tick_us: int) -> Allowance | None:
        """Spend from both budgets or from neither."""
        if self._repeats.is_spent(client, tick_us):
            return None
        if not self._misses.spend(client, token_digest, tick_us):
            return None
        return self._repeats.spend(client, tick_us)

    def _find_shortage(
        self, client: int, budget: Budget, tick_us: int, token_digest: bytes
    ) -> Shortage:
        shortage = Shortage(budget, self.peek(budget, client, tick_us))
        if budget is not _REPEAT or self._misses.accepts(client, token_digest, tick_us):
            return shortage
        other = Shortage(Budget.REFUSAL, self._misses.peek(client, tick_us))
        # If both have nothing left: whoever waits as long as the answer says must be served then.
        is_longer = shortage.allowance.reset_us > other.allowance.reset_us
        return shortage if shortage.allowance.is_spent and is_longer else other

    async def spend(self, asks: Sequence[Spend]) -> Answers:
        """`spend_now`, which waits for nobody here."""
        return self.spend_now(asks)

    def give_back(self, charges: Iterable[Charge]) -> None:
        """Give back what was accepted."""
        for (client, budget, tick_us, visit), _ in charges:
            if budget is _RESOLVE and visit and self._visits.give_back(client, visit, tick_us):
                continue
            self._hits[budget].give_back(client, tick_us)

    def peek(self, budget: Budget, client: int, tick_us: int) -> Allowance:
        """What is left of the budget."""
        return self._hits[budget].peek(client, tick_us)

    async def ping(self) -> bool:
        """Always true: there is no other process to be exact with."""
        return True

    async def find_time(self) -> int | None:
        """Always None: they're measured with the tick."""
        return None

    def close(self) -> None:
        """Do nothing: nothing is open."""


def limited(shortage: Shortage) -> Problem:
    """The problem for a client with nothing left."""
    wait_seconds = shortage.allowance.wait_seconds
    return Problem(ProblemKind.LIMITED, retry_after_seconds=wait_seconds)


def refuse_spent(limits: RateLimits, budget: Budget, client: ClientAddress, tick_us: int) -> None:
    """Raise Problem(LIMITED), before any work, if there is surely nothing left for it."""
    if limits.is_spent(budget, client.number, tick_us):
        raise limited(Shortage(budget, limits.peek(budget, client.number, tick_us)))


async def spend_one(
    limits: RateLimits, budget: Budget, client: ClientAddress, tick_us: int
) -> Charge:
    """Spend one, to be given back if nothing comes of it. Raises Problem(LIMITED)."""
    refuse_spent(limits, budget, client, tick_us)
    ask = Spend(client.number, budget, tick_us)
    (left,) = await limits.spend([ask])
    if isinstance(left, Shortage):
        raise limited(left)
    return ask, left


async def raise_refused(
    limits: RateLimits, client: ClientAddress, token: str, tick_us: int
) -> NoReturn:
    """Raise Problem(LINK_REFUSED), or Problem(LIMITED) once the client has no refusal left: a token can't
    be guessed at another endpoint any faster than by opening it, nor tried any more often."""
    (left,) = await limits.spend([refusal(client.number, digest(token), tick_us)])
    raise limited(left) if isinstance(left, Shortage) else Problem(ProblemKind.LINK_REFUSED)


@dataclass(slots=True)
class LimitedCount:
    """429s for one client, reason and minute. `trace`, `at_us` and `agent` are those of the first."""

    client: ClientAddress
    reason: Reason
    minute: int
    at_us: int
    trace: int
    agent: Agent
    count: int = 1


_Key = tuple[int, Reason, int]


@dataclass(slots=True)
class LimitedCounts:
    """429s since the last write. The first in a minute is written before its answer is sent; the
    others only raise its count, with the next transaction or within a second."""

    _pending: dict[_Key, LimitedCount] = field(default_factory=dict)
    _written: set[_Key] = field(default_factory=set)
    _minute: int = -1

    @property
    def has_pending(self) -> bool:
        """Whether any counts are waiting to be written."""
        return bool(self._pending)

    def add(
        self, client: ClientAddress, reason: Reason, at_us: int, trace: int, agent: Agent
    ) -> bool:
        """Count one; True if its line isn't in the database yet and must be before the answer."""
        minute = at_us // (60 * SECOND_US)
        if minute != self._minute:
            self._minute = minute
            self._written.clear()
        key = (client.number, reason, minute)
        pending = self._pending.get(key)
        if pending is None:
            self._pending[key] = LimitedCount(client, reason, minute, at_us, trace, agent)
        else:
            pending.count += 1
        return key not in self._written

    def take(self) -> list[LimitedCount]:
        """Take out the waiting counts, to be written now."""
        taken = list(self._pending.values())
        self._pending = {}
        return taken

    def mark_written(self, counts: list[LimitedCount]) -> None:
        """Note that these counts are durable."""
        self._written.update((item.client.number, item.reason, item.minute) for item in counts)

    def put_back(self, counts: list[LimitedCount]) -> None:
        """Put back counts that could not be written, added to what has come in since."""
        for item in counts:
            key = (item.client.number, item.reason, item.minute)
            newer = self._pending.get(key)
            item.count += newer.count if newer else 0
            self._pending[key] = item
