"""The exact limits of several processes: the logs of `model/limit.py`, maintained in Redis by one script.

A budget's log is a list of the times accepted, by Redis's own clock; the log of refusals is a sorted set of
refused tokens by time. The clients of a batch are spread over several hash slots, each asked by one call of
the script, all in one round trip; so a cluster can run each call where its slot is.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from listenlink.model.budget import Budget, Spend
from listenlink.model.limit import WINDOW_US

PURPOSE = "listenlink.limits.v1"
_TIMEOUT_SECONDS = 0.05
_SLOTS = 16
_ANSWERS_PER_ASK = 4
_MOST_NAMED = 16_384
# The letters of "hits" and "misses", as the first nodes wrote them: old and new nodes share those logs.
_LETTERS = {
    Budget.RESOLVE: "h",
    Budget.REFUSAL: "m",
    Budget.REPEAT: "r",
    Budget.WRITE: "w",
    Budget.PICTURE: "p",
}
_BY_NUMBER = {int(budget): budget for budget in Budget}
# ARGV is the window, the budgets' sizes by number, then each ask's budget and token; KEYS are the logs of
# each ask, two for a refusal. Times mustn't be written the way Lua writes large numbers, 1.7e+15.
SCRIPT = (
    f"local REFUSAL, REPEAT, BUDGETS = {Budget.REFUSAL:d}, {Budget.REPEAT:d}, {len(Budget)}"
    """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = tonumber(ARGV[1])
local told, next_key = {}, 1
local function size(budget)
    return tonumber(ARGV[1 + budget])
end
local function take_key()
    next_key = next_key + 1
    return KEYS[next_key - 1]
end
local function look(key)
    -- A clock that was set back doesn't make the log disordered.
    local at = math.max(now, tonumber(redis.call('LINDEX', key, -1) or '0'))
    local first = redis.call('LINDEX', key, 0)
    while first and tonumber(first) < at - window do
        redis.call('LPOP', key)
        first = redis.call('LINDEX', key, 0)
    end
    return redis.call('LLEN', key), tonumber(first or at) + window + 1 - at, at
end
local function keep(key)
    redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
end
local function spend(budget, key)
    local used, reset, at = look(key)
    if used >= size(budget) then
        return budget, -1, reset, at
    end
    redis.call('RPUSH', key, string.format('%.0f', at))
    keep(key)
    return budget, size(budget) - used - 1, reset, at
end
local function spend_refusal(token, repeats, refusals)
    redis.call('ZREMRANGEBYSCORE', refusals, '-inf', '(' .. string.format('%.0f', now - window))
    local is_new = size(REFUSAL) > 0 and not redis.call('ZSCORE', refusals, token)
    if is_new and redis.call('ZCARD', refusals) >= size(REFUSAL) then
        local first = redis.call('ZRANGE', refusals, 0, 0, 'WITHSCORES')[2]
        local reset = tonumber(first) + window + 1 - now
        -- Whoever waits as long as is told must be served then: the longer wait.
        local used, other, at = look(repeats)
        if used >= size(REPEAT) and other > reset then
            return REPEAT, -1, other, at
        end
        return REFUSAL, -1, reset, now
    end
    local budget, left, reset, at = spend(REPEAT, repeats)
    if is_new and left >= 0 then
        redis.call('ZADD', refusals, string.format('%.0f', now), token)
        keep(refusals)
    end
    return budget, left, reset, at
end
for place = 2 + BUDGETS, #ARGV, 2 do
    local budget, left, reset, at = tonumber(ARGV[place])
    if budget == REPEAT then
        budget, left, reset, at = spend_refusal(ARGV[place + 1], take_key(), take_key())
    else
        budget, left, reset, at = spend(budget, take_key())
    end
    for _, number in ipairs({budget, left, reset, at}) do
        table.insert(told, number)
    end
end
return told
"""
)


class Unreachable(Exception):
    """Redis is gone, too slow, or refuses; the request may or may not have been carried out."""


class Told(NamedTuple):
    """Redis's answer to one ask: what is left of a budget, or -1 if that budget is why it wasn't accepted;
    µs until that changes; and the time of the answer by Redis's clock."""

    budget: Budget
    left: int
    reset_us: int
    at: int


def open_redis(url: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> Redis:
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
        self._named = functools.lru_cache(maxsize=_MOST_NAMED)(self._name)

    def spend(self, asks: Sequence[Spend]) -> list[Told]:
        """Accept each, in order, if there is room for it. Raises Unreachable."""
        by_slot: dict[int, list[int]] = defaultdict(list)
        for place, ask in enumerate(asks):
            by_slot[ask.client % _SLOTS].append(place)
        calls = [[asks[place] for place in places] for places in by_slot.values()]
        told: list[Told | None] = [None] * len(asks)
        for places, answers in zip(by_slot.values(), self._call(calls), strict=True):
            for number, place in enumerate(places):
                budget, *others = answers[_ANSWERS_PER_ASK * number :][:_ANSWERS_PER_ASK]
                told[place] = Told(_BY_NUMBER[budget], *others)
        return cast(list[Told], told)

    def give_back(self, accepted: Iterable[tuple[Spend, int]]) -> None:
        """Remove what was accepted, each ask with Redis's time for it. Raises Unreachable."""
        pipeline = self._redis.pipeline(transaction=False)
        for ask, at in accepted:
            pipeline.lrem(self._key(ask.budget, ask.client), -1, str(at))
        try:
            pipeline.execute()
        except RedisError as error:
            raise Unreachable from error

    def ping(self) -> None:
        """Return if Redis answers. Raises Unreachable."""
        try:
            self._redis.ping()
        except RedisError as error:
            raise Unreachable from error

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _call(self, calls: list[list[Spend]]) -> list[list[int]]:
        try:
            try:
                return self._send(calls)
            except NoScriptError:
                self._redis.script_load(self._script)
            except RedisError:
                # A connection to a Redis that has been restarted meanwhile; or one slow moment.
                self._redis.connection_pool.disconnect(inuse_connections=False)
            return self._send(calls)
        except RedisError as error:
            raise Unreachable from error

    def _send(self, calls: list[list[Spend]]) -> list[list[int]]:
        pipeline: Pipeline = self._redis.pipeline(transaction=False)
        for asks in calls:
            keys: list[str] = []
            arguments: list[int | str] = []
            for client, budget, _, token_digest in asks:
                keys.append(self._key(budget, client))
                if budget is Budget.REPEAT:
                    keys.append(self._key(Budget.REFUSAL, client))
                arguments += (int(budget), token_digest[:8].hex())
            pipeline.evalsha(
                self._script_name, len(keys), *keys, *self._first_arguments, *arguments
            )
        return cast(list[list[int]], pipeline.execute())

    def _key(self, budget: Budget, client: int) -> str:
        return f"listenlink:{{{client % _SLOTS}}}:{_LETTERS[budget]}:{self._named(client)}"

    def _name(self, client: int) -> str:
        return hmac.digest(self._secret, str(client).encode(), "sha256")[:12].hex()
