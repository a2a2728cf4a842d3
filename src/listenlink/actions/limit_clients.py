"""The budgets of each client, and the counted log of the requests that had none left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Agent, Reason
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import UNLIMITED, Allowance, HitLimit, MissLimit, Spend
from listenlink.model.share_token import digest


class ClientLimits(Protocol):
    """Budgets that are asked for many requests at once. Hits and misses have budgets of their own."""

    def is_spent(self, client: int, tick_us: int) -> bool:
        """Whether a hit would surely be refused now. The cheap question before any work is done."""

    def spend_now(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """Accept each, in order, if there is room for it: what is left then. None if there is none."""

    async def spend(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """`spend_now`, without keeping the event loop where that waits for somebody."""

    def give_back(self, spent: Iterable[tuple[Spend, Allowance]]) -> None:
        """Undo hits whose answers never left, because the database couldn't keep them."""

    def peek_hits(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's hits, as far as this process knows."""

    def peek_misses(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's misses, as far as this process knows."""

    async def ping(self) -> bool:
        """Whether the budgets are exact: False while each process has to limit by itself."""

    def close(self) -> None:
        """End connections."""


class OwnLimits:
    """The budgets of one process that nobody shares. A resolve limit of 0 switches both off."""

    def __init__(self, resolve_per_minute: int, miss_per_minute: int) -> None:
        self._hits = HitLimit(resolve_per_minute)
        self._misses = MissLimit(miss_per_minute if resolve_per_minute else 0)

    @property
    def hit_limit(self) -> int:
        """Hits in any window; 0 is no limit."""
        return self._hits.limit

    @property
    def miss_limit(self) -> int:
        """Misses in any window; 0 is no limit."""
        return self._misses.limit

    def is_spent(self, client: int, tick_us: int) -> bool:
        """Whether a hit would be refused now."""
        return self._hits.is_spent(client, tick_us)

    def spend_now(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """Accept each, in order, if there is room for it."""
        hit, miss = self._hits.spend, self._misses.spend
        return [
            hit(client, tick_us)
            if token_digest is None
            else (UNLIMITED if miss(client, token_digest, tick_us) else None)
            for client, token_digest, tick_us in asks
        ]

    async def spend(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """The same."""
        return self.spend_now(asks)

    def give_back(self, spent: Iterable[tuple[Spend, Allowance]]) -> None:
        """Undo hits."""
        for ask, _ in spent:
            self._hits.give_back(ask.client, ask.tick_us)

    def peek_hits(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's hits."""
        return self._hits.peek(client, tick_us)

    def peek_misses(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's misses."""
        return self._misses.peek(client, tick_us)

    async def ping(self) -> bool:
        """There is nobody to be exact with."""
        return True

    def close(self) -> None:
        """Nothing is open."""


async def raise_refused(
    limits: ClientLimits, client: ClientAddress, token: str, tick_us: int
) -> NoReturn:
    """Raise Problem(LINK_REFUSED), or Problem(LIMITED) once the client has no refusal left: a token can't
    be guessed at another door any faster than by opening it."""
    (left,) = await limits.spend([Spend(client.number, digest(token), tick_us)])
    if left is not None:
        raise Problem(ProblemKind.LINK_REFUSED)
    wait_seconds = limits.peek_misses(client.number, tick_us).wait_seconds
    raise Problem(ProblemKind.LIMITED, retry_after_seconds=wait_seconds)


@dataclass(slots=True)
class LimitedCount:
    """429s of one client, reason and minute. `trace`, `at_us` and `agent` are the first one's."""

    client: ClientAddress
    reason: Reason
    minute: int
    at_us: int
    trace: int
    agent: Agent
    count: int = 1


_Key = tuple[int, Reason, int]


@dataclass(slots=True)
class LimitedLog:
    """429s since the last write. The first of a minute is written before its answer leaves; the
    others only raise its count, with the next transaction or within a second."""

    _pending: dict[_Key, LimitedCount] = field(default_factory=dict)
    _written: set[_Key] = field(default_factory=set)
    _minute: int = -1

    @property
    def has_pending(self) -> bool:
        """Whether counts wait to be written."""
        return bool(self._pending)

    def add(
        self, client: ClientAddress, reason: Reason, at_us: int, trace: int, agent: Agent
    ) -> bool:
        """Count one; True if its line isn't in the database yet and must be before answering."""
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
        """What waits, to be written now."""
        taken = list(self._pending.values())
        self._pending = {}
        return taken

    def mark_written(self, counts: list[LimitedCount]) -> None:
        """These are durable."""
        self._written.update((item.client.number, item.reason, item.minute) for item in counts)

    def put_back(self, counts: list[LimitedCount]) -> None:
        """These could not be written: they wait again, added to what came since."""
        for item in counts:
            key = (item.client.number, item.reason, item.minute)
            newer = self._pending.get(key)
            item.count += newer.count if newer else 0
            self._pending[key] = item
