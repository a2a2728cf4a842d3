"""The exact limits of several processes: the logs of `model/limit.py`, maintained in Redis by one script.

A budget's log is a list of the times accepted, by Redis's own clock; the log of refusals is a sorted set of
refused tokens by time, and so are the uses of visit tickets. A batch is one call of the script. Clients are
spread over several hash slots, though, and a cluster, which refuses that, is asked by a call for each slot,
all in one round trip; so it can run each where its slot is.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import ClusterCrossSlotError, NoScriptError, RedisError
from redis.exceptions import TimeoutError as LateError
from redis.retry import Retry

from listenlink.model.budget import Budget, Spend
from listenlink.model.limit import WINDOW_US
from listenlink.store.redis.limit_script import FREE
from listenlink.store.redis.limit_script import SCRIPT as SCRIPT

PURPOSE = "listenlink.limits.v1"
_TIMEOUT_MS = 100
_TRIED = "listenlink:tried"
_SLOTS = 16
_MOST_NAMED = 16_384
# The letters of "hits" and "misses", as the first nodes wrote them: old and new nodes share those logs.
_LETTERS = {
    Budget.RESOLVE: "h",
    Budget.REFUSAL: "m",
    Budget.REPEAT: "r",
    Budget.WRITE: "w",
    Budget.PICTURE: "p",
}
_VISITS, _USES = "v", "u"
_BY_NUMBER = {int(budget): budget for budget in Budget}


class Unreachable(Exception):
    """Redis is gone, too slow, or refuses; the request may or may not have been carried out."""


class Told(NamedTuple):
    """Redis's answer to one ask: what is left of a budget, or -1 if that budget is why it wasn't accepted;
    µs until that changes; and the time of the answer by Redis's clock. `is_free` says that a visit ticket was
    used instead."""

    budget: Budget
    left: int
    reset_us: int
    at: int
    is_free: bool = False


def open_redis(url: str, timeout_seconds: float = _TIMEOUT_MS / 1000) -> Redis:
    """Make a Redis client that never waits longer than that, and never retries by itself."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


class RedisLog:
    """The budgets, of these sizes, of all processes on this Redis. Safe to use from several threads.

    `secret` is the same on all nodes: without it a client's address isn't readable in Redis.
    """

    def __init__(
        self,
        redis: Redis,
        sizes: Mapping[Budget, int],
        secret: bytes,
        *,
        window_us: int = WINDOW_US,
        script: str = SCRIPT,
    ) -> None:
        self._redis = redis
        self._first_arguments = (window_us, *(sizes[budget] for budget in Budget))
        self._secret = secret
        self._script = script
        self._script_name = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
        self._is_cluster = False
        self._named = functools.lru_cache(maxsize=_MOST_NAMED)(self._name)

    def spend(self, asks: Sequence[Spend]) -> list[Told]:
        """Accept each, in order, if there is room for it. Raises Unreachable."""
        if not self._is_cluster:
            try:
                return self._spend(asks, [range(len(asks))])
            except Unreachable as error:
                if not isinstance(error.__cause__, ClusterCrossSlotError):
                    raise
                # It carried out nothing.
                self._is_cluster = True
        by_slot: dict[int, list[int]] = defaultdict(list)
        for place, ask in enumerate(asks):
            by_slot[ask.client % _SLOTS].append(place)
        return self._spend(asks, by_slot.values())

    def _spend(self, asks: Sequence[Spend], groups: Collection[Sequence[int]]) -> list[Told]:
        """By a call for each group of asks, given by their places."""
        told: list[Told | None] = [None] * len(asks)
        calls = [[asks[place] for place in places] for places in groups]
        for places, answer in zip(groups, self._call(calls), strict=True):
            now, *numbers = map(int, answer.split())
            answers = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
            for place, (budget, left, reset_us) in zip(places, answers, strict=True):
                is_free = budget == FREE
                named = Budget.RESOLVE if is_free else _BY_NUMBER[budget]
                told[place] = Told(named, left, reset_us, now, is_free)
        return cast(list[Told], told)

    def give_back(self, accepted: Iterable[tuple[Spend, int]]) -> None:
        """Remove what was accepted, each ask with Redis's time for it; one that names a ticket's use had it
        for free. Raises Unreachable."""
        pipeline = self._redis.pipeline(transaction=False)
        for ask, at in accepted:
            letters = _letters(ask)
            pipeline.lrem(self._key(letters[0], ask.client), -1, str(at))
            if _has_ticket(ask):
                pipeline.zrem(self._key(_USES, ask.client), ask.token_digest.hex())
        try:
            pipeline.execute()
        except RedisError as error:
            raise Unreachable from error

    def ping(self) -> None:
        """Return if Redis answers, and takes what is written. Raises Unreachable."""
        try:
            self._redis.set(_TRIED, 1, px=_TIMEOUT_MS)
        except RedisError as error:
            raise Unreachable from error

    def find_time(self) -> int:
        """The time by Redis's clock, in epoch µs. Raises Unreachable."""
        try:
            seconds, us = self._redis.time()
        except RedisError as error:
            raise Unreachable from error
        return seconds * 1_000_000 + us

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _call(self, calls: list[list[Spend]]) -> list[bytes]:
        try:
            try:
                return self._send(calls)
            except NoScriptError:
                self._redis.script_load(self._script)
            except RedisError as error:
                self._redis.connection_pool.disconnect(inuse_connections=False)
                # What is merely late may be carried out yet: sent again, it would be counted twice.
                if isinstance(error, LateError):
                    raise
                # A connection to a Redis that has been restarted meanwhile.
            return self._send(calls)
        except RedisError as error:
            raise Unreachable from error

    def _send(self, calls: list[list[Spend]]) -> list[bytes]:
        pipeline: Pipeline = self._redis.pipeline(transaction=False)
        for asks in calls:
            keys: list[str] = []
            arguments: list[int | str] = []
            for ask in asks:
                keys += [self._key(letter, ask.client) for letter in _letters(ask)]
                if _has_ticket(ask):
                    arguments += (FREE, ask.token_digest.hex())
                else:
                    arguments += (int(ask.budget), ask.token_digest[:8].hex())
            pipeline.evalsha(
                self._script_name, len(keys), *keys, *self._first_arguments, *arguments
            )
        return cast(list[bytes], pipeline.execute())

    def _key(self, letter: str, client: int) -> str:
        return f"listenlink:{{{client % _SLOTS}}}:{letter}:{self._named(client)}"

    def _name(self, client: int) -> str:
        return hmac.digest(self._secret, str(client).encode(), "sha256")[:12].hex()


def _has_ticket(ask: Spend) -> bool:
    return ask.budget is Budget.RESOLVE and bool(ask.token_digest)


def _letters(ask: Spend) -> tuple[str, ...]:
    """Of the logs that the ask may change, that of its time first."""
    if _has_ticket(ask):
        return _VISITS, _USES, _LETTERS[Budget.RESOLVE]
    if ask.budget is Budget.REPEAT:
        return _LETTERS[Budget.REPEAT], _LETTERS[Budget.REFUSAL]
    return (_LETTERS[ask.budget],)
