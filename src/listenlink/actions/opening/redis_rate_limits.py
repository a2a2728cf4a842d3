"""Budgets that several processes share by Redis, and what each does while Redis is unavailable.

Whatever Redis accepts is recorded in this process's own log too. So when Redis is gone, the process
carries on by itself, exact for what it answers; and it doesn't ask about a client it knows to be spent.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from listenlink.actions.opening.rate_limits import Answers, OwnRateLimits
from listenlink.clock import Clock
from listenlink.model.budget import Allowance, Budget, Charge, SharedAllowance, Shortage, Spend
from listenlink.store.redis.redis_log import RedisLog, Told, Unreachable

_REST_US = 1_000_000
_THREADS = 4
_MOST_SPENT = 100_000


class RedisRateLimits:
    """Asks Redis or, while Redis can't answer, limits by itself for a second at a time: there is always some
    limit, and never an error."""

    def __init__(self, own: OwnRateLimits, log: RedisLog, clock: Clock) -> None:
        self._own = own
        self._log = log
        self._clock = clock
        self._rests_until = 0
        self._is_shared = True
        self._spent: dict[Budget, dict[int, int]] = {budget: {} for budget in Budget}
        # In threads with their own sockets: a busy event loop must not look like a slow Redis.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="limits")

    def is_spent(self, budget: Budget, client: int, tick_us: int) -> bool:
        """Whether one more would surely be refused now: Redis said until when, or this process knows."""
        until = self._spent[budget].get(client)
        return (until is not None and tick_us < until) or self._own.is_spent(
            budget, client, tick_us
        )

    def admits(self, visit: bytes, client: int, tick_us: int) -> bool:
        """Whether this use of a visit ticket would spend nothing, as far as this process knows."""
        return self._own.admits(visit, client, tick_us)

    def spend_now(self, asks: Sequence[Spend]) -> Answers:
        """Accept each, in order, if there is room for it."""
        if not self._begin(asks):
            return self._own.spend_now(asks)
        try:
            told = self._log.spend(asks)
        except Unreachable as error:
            return self._go_alone(asks, error)
        return self._take(asks, told)

    async def spend(self, asks: Sequence[Spend]) -> Answers:
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
        """Whether to ask Redis. After a failure it's tried each second, and nobody waits for that."""
        if not asks:
            return False
        if self._is_shared:
            return True
        tick_us = self._clock.tick_us()
        if tick_us >= self._rests_until:
            self._rests_until = tick_us + _REST_US
            self._threads.submit(self._try_again)
        return False

    def _try_again(self) -> None:
        with contextlib.suppress(Unreachable):
            self._log.ping()
            structlog.get_logger().info("limits_shared_again")
            self._is_shared = True

    def _go_alone(self, asks: Sequence[Spend], error: Unreachable) -> Answers:
        if self._is_shared:
            cause = type(error.__cause__).__name__
            structlog.get_logger().warning("limits_not_shared", error=cause)
        self._is_shared = False
        self._rests_until = self._clock.tick_us() + _REST_US
        return self._own.spend_now(asks)

    def _take(self, asks: Sequence[Spend], told: Sequence[Told]) -> Answers:
        self._own.spend_now(
            [
                ask if one.is_free else _without_ticket(ask)
                for ask, one in zip(asks, told, strict=True)
                if one.left >= 0
            ]
        )
        return [self._answer(ask, one) for ask, one in zip(asks, told, strict=True)]

    def _answer(self, ask: Spend, told: Told) -> Allowance | Shortage:
        """Return what is left; a client with nothing left is remembered until that changes. Counted from the
        time of the request, which was before Redis's, so nobody is refused for longer than by Redis."""
        # Refusals are never checked before the look-up.
        if told.left <= 0 and ask.budget is not Budget.REPEAT:
            spent = self._spent[told.budget]
            if len(spent) >= _MOST_SPENT:
                spent.clear()
            spent[ask.client] = ask.tick_us + told.reset_us
        size = self._own.sizes[told.budget]
        if told.left < 0:
            return Shortage(told.budget, Allowance(size, 0, told.reset_us))
        return SharedAllowance(size, told.left, told.reset_us, told.at, told.is_free)

    def give_back(self, charges: Iterable[Charge]) -> None:
        """Undo what was accepted. If Redis is unreachable it stays spent: the client has less, never more."""
        undone = [
            (
                _without_ticket(ask)
                if isinstance(left, SharedAllowance) and not left.is_free
                else ask,
                left,
            )
            for ask, left in charges
        ]
        self._own.give_back(undone)
        for ask, _ in undone:
            self._spent[ask.budget].pop(ask.client, None)
        shared = [(ask, left.at) for ask, left in undone if isinstance(left, SharedAllowance)]
        if shared and self._is_shared:
            self._threads.submit(self._log.give_back, shared)

    def peek(self, budget: Budget, client: int, tick_us: int) -> Allowance:
        """What is left, as far as this process knows."""
        until = self._spent[budget].get(client, 0)
        if tick_us < until:
            return Allowance(self._own.sizes[budget], 0, until - tick_us)
        return self._own.peek(budget, client, tick_us)

    async def ping(self) -> bool:
        """Whether Redis answers, so that the limits are exact across all processes."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, self._log.ping)
        except Unreachable:
            return False
        return True

    async def find_time(self) -> int | None:
        """The time by Redis's clock, None while it doesn't answer."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._log.find_time)
        except Unreachable:
            return None

    def close(self) -> None:
        """Shut down the threads and connections."""
        self._threads.shutdown()
        self._log.close()


def _without_ticket(ask: Spend) -> Spend:
    """What was spent from a budget, whether a ticket came with it or not."""
    return ask._replace(token_digest=b"") if ask.budget is Budget.RESOLVE else ask
