"""The exact limits of several processes: `model/limit.py`'s logs, kept in Redis by one script.

A log is a list of the accepted hits' times, or a sorted set of refused tokens by their time, in Redis's
own clock. The clients of a batch are spread over some hash slots, each asked by one call of the script,
all in one round trip; so a cluster can take each where its slot is.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.exceptions import NoScriptError, RedisError
from redis.retry import Retry

from listenlink.model.limit import WINDOW_US, Spend

PURPOSE = "listenlink.limits.v1"
_TIMEOUT_SECONDS = 0.05
_SLOTS = 16
_ANSWERS_PER_ASK = 3
_MOST_NAMED = 16_384
# A time may not be written as Lua writes large numbers, 1.7e+15.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window, hits, misses = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local told = {}
for place, key in ipairs(KEYS) do
    local token, left, reset, at = ARGV[3 + place], -1, 0, now
    if token == '' then
        -- A clock that was set back doesn't make the log disordered.
        at = math.max(now, tonumber(redis.call('LINDEX', key, -1) or '0'))
        local first = redis.call('LINDEX', key, 0)
        while first and tonumber(first) < at - window do
            redis.call('LPOP', key)
            first = redis.call('LINDEX', key, 0)
        end
        local used = redis.call('LLEN', key)
        if used < hits then
            left = hits - used - 1
            redis.call('RPUSH', key, string.format('%.0f', at))
            redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
        end
        reset = tonumber(first or at) + window + 1 - at
    else
        redis.call('ZREMRANGEBYSCORE', key, '-inf', '(' .. string.format('%.0f', now - window))
        local used = redis.call('ZCARD', key)
        if misses == 0 or redis.call('ZSCORE', key, token) then
            left = math.max(0, misses - used)
        elseif used < misses then
            left = misses - used - 1
            redis.call('ZADD', key, string.format('%.0f', now), token)
            redis.call('PEXPIRE', key, math.ceil(window / 1000) + 1000)
        end
        local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
        reset = tonumber(first or now) + window + 1 - now
    end
    table.insert(told, left)
    table.insert(told, reset)
    table.insert(told, at)
end
return told
"""


class Unreachable(Exception):
    """Redis is gone, too slow, or refuses; what was asked may have been done or not."""


class Told(NamedTuple):
    """Redis's answer to one ask: what is left, -1 for nothing accepted; µs until that changes; and when
    it was, by Redis's clock."""

    left: int
    reset_us: int
    at: int


def open_redis(url: str, timeout_seconds: float = _TIMEOUT_SECONDS) -> Redis:
    """A client that waits for nothing longer than that, and tries nothing twice by itself."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


class SharedLog:
    """Hits and misses of every process on this Redis. Safe to use from several threads.

    `secret` is the same on all nodes: a client's address isn't readable in Redis without it.
    """

    def __init__(
        self,
        redis: Redis,
        hits: int,
        misses: int,
        secret: bytes,
        *,
        window_us: int = WINDOW_US,
        script: str = SCRIPT,
    ) -> None:
        self._redis = redis
        self._limits = (window_us, hits, misses)
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
                told[place] = Told._make(answers[_ANSWERS_PER_ASK * number :][:_ANSWERS_PER_ASK])
        return cast(list[Told], told)

    def give_back(self, spent: Iterable[tuple[int, int]]) -> None:
        """Take out hits, (client, Redis's time) each. Raises Unreachable."""
        pipeline = self._redis.pipeline(transaction=False)
        for client, at in spent:
            pipeline.lrem(self._key("h", client), -1, str(at))
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
        """End the connections."""
        self._redis.close()

    def _call(self, calls: list[list[Spend]]) -> list[list[int]]:
        try:
            try:
                return self._send(calls)
            except NoScriptError:
                self._redis.script_load(self._script)
            except RedisError:
                # A connection to a Redis that was started anew meanwhile; or one slow moment.
                self._redis.connection_pool.disconnect(inuse_connections=False)
            return self._send(calls)
        except RedisError as error:
            raise Unreachable from error

    def _send(self, calls: list[list[Spend]]) -> list[list[int]]:
        pipeline: Pipeline = self._redis.pipeline(transaction=False)
        for asks in calls:
            keys = [self._key("h" if a.token_digest is None else "m", a.client) for a in asks]
            tokens = [a.token_digest[:8].hex() if a.token_digest else "" for a in asks]
            pipeline.evalsha(self._script_name, len(keys), *keys, *self._limits, *tokens)
        return cast(list[list[int]], pipeline.execute())

    def _key(self, kind: str, client: int) -> str:
        return f"listenlink:{{{client % _SLOTS}}}:{kind}:{self._named(client)}"

    def _name(self, client: int) -> str:
        return hmac.digest(self._secret, str(client).encode(), "sha256")[:12].hex()
