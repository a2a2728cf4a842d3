"""The budgets of each client, and the counted log of the requests that had none left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Agent, Reason
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import HitLimit, MissLimit
from listenlink.model.share_token import digest


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """Hits and misses have budgets of their own."""

    hits: HitLimit
    misses: MissLimit


def make_limits(resolve_per_minute: int, miss_per_minute: int) -> ClientLimits:
    """A resolve limit of 0 switches both off."""
    misses = miss_per_minute if resolve_per_minute else 0
    return ClientLimits(HitLimit(resolve_per_minute), MissLimit(misses))


def raise_refused(
    limits: ClientLimits, client: ClientAddress, token: str, tick_us: int
) -> NoReturn:
    """Raise Problem(LINK_REFUSED), or Problem(LIMITED) once the client has no refusal left: a token can't
    be guessed at another door any faster than by opening it."""
    if limits.misses.spend(client.number, digest(token), tick_us):
        raise Problem(ProblemKind.LINK_REFUSED)
    wait_seconds = limits.misses.peek(client.number, tick_us).wait_seconds
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
