"""Budgets that several processes share by Redis, and what each does while Redis can't be asked.

Every hit that Redis accepts is noted in this process's own log too. So when Redis is gone, the process
goes on by itself, exact for what it answers; and a client it knows to be spent isn't asked about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from listenlink.actions.limit_clients import OwnLimits
from listenlink.clock import Clock
from listenlink.model.limit import Allowance, SharedAllowance, Spend
from listenlink.store.shared_log import SharedLog, Told, Unreachable

_REST_US = 1_000_000
_THREADS = 4
_MOST_SPENT = 100_000


class SharedLimits:
    """Asks Redis, or limits by itself for a second at a time while that can't answer: never without any
    limit, and never an error."""

    def __init__(self, own: OwnLimits, log: SharedLog, clock: Clock) -> None:
        self._own = own
        self._log = log
        self._clock = clock
        self._rests_until = 0
        self._is_shared = True
        self._spent: dict[int, int] = {}
        self._spent_misses: dict[int, int] = {}
        # In threads with sockets of their own: a busy event loop must not look like a slow Redis.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="limits")

    def is_spent(self, client: int, tick_us: int) -> bool:
        """Whether a hit would surely be refused now: Redis said until when, or this process knows."""
        until = self._spent.get(client)
        return (until is not None and tick_us < until) or self._own.is_spent(client, tick_us)

    def spend_now(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """Accept each, in order, if there is room for it."""
        if not self._begin(asks):
            return self._own.spend_now(asks)
        try:
            told = self._log.spend(asks)
        except Unreachable as error:
            return self._go_alone(asks, error)
        return self._take(asks, told)

    async def spend(self, asks: Sequence[Spend]) -> Sequence[Allowance | None]:
        """`spend_now`, while other requests are answered."""
        if not self._begin(asks):
            return self._own.spend_now(asks)
        loop = asyncio.get_running_loop()
        try:
            told = await loop.run_in_executor(self._threads, self._log.spend, asks)
        except Unreachable as error:
            return self._go_alone(asks, error)
        return self._take(asks, told)

    def _begin(self, asks: Sequence[Spend]) -> bool:
        """Whether to ask Redis. After a failure one batch a second tries."""
        if not asks:
            return False
        if self._is_shared:
            return True
        tick_us = self._clock.tick_us()
        if tick_us < self._rests_until:
            return False
        self._rests_until = tick_us + _REST_US
        return True

    def _go_alone(self, asks: Sequence[Spend], error: Unreachable) -> Sequence[Allowance | None]:
        if self._is_shared:
            cause = type(error.__cause__).__name__
            structlog.get_logger().warning("limits_not_shared", error=cause)
        self._is_shared = False
        self._rests_until = self._clock.tick_us() + _REST_US
        return self._own.spend_now(asks)

    def _take(self, asks: Sequence[Spend], told: Sequence[Told]) -> Sequence[Allowance | None]:
        if not self._is_shared:
            structlog.get_logger().info("limits_shared_again")
            self._is_shared = True
        self._own.spend_now([ask for ask, one in zip(asks, told, strict=True) if one.left >= 0])
        return [self._allow(ask, one) for ask, one in zip(asks, told, strict=True)]

    def _allow(self, ask: Spend, told: Told) -> Allowance | None:
        """What is left; who has nothing left is remembered until that changes. Counted from the moment
        of the request, which was before Redis's, so nobody is refused for longer than there."""
        is_hit = ask.token_digest is None
        if told.left <= 0:
            spent = self._spent if is_hit else self._spent_misses
            if len(spent) >= _MOST_SPENT:
                spent.clear()
            spent[ask.client] = ask.tick_us + told.reset_us
        if told.left < 0:
            return None
        return SharedAllowance(
            self._own.hit_limit if is_hit else self._own.miss_limit,
            told.left,
            told.reset_us,
            told.at,
        )

    def give_back(self, spent: Iterable[tuple[Spend, Allowance]]) -> None:
        """Undo hits. If Redis can't be told, they stay spent: the client has less, never more."""
        undone = list(spent)
        self._own.give_back(undone)
        for ask, _ in undone:
            self._spent.pop(ask.client, None)
        shared = [(a.client, left.at) for a, left in undone if isinstance(left, SharedAllowance)]
        if shared and self._is_shared:
            self._threads.submit(self._log.give_back, shared)

    def peek_hits(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's hits, as far as this process knows."""
        until = self._spent.get(client, 0)
        if tick_us < until:
            return Allowance(self._own.hit_limit, 0, until - tick_us)
        return self._own.peek_hits(client, tick_us)

    def peek_misses(self, client: int, tick_us: int) -> Allowance:
        """What is left of a client's misses, as far as this process knows."""
        until = self._spent_misses.get(client, 0)
        if tick_us < until:
            return Allowance(self._own.miss_limit, 0, until - tick_us)
        return self._own.peek_misses(client, tick_us)

    async def ping(self) -> bool:
        """Whether Redis answers, so that the limits are exact over all processes."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._log.ping)
        except Unreachable:
            return False
        return True

    def close(self) -> None:
        """End threads and connections."""
        self._threads.shutdown()
        self._log.close()
