"""The daily pseudonym keys of several nodes, in Redis, which destroys them when their time is up."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterable
from typing import cast

from redis import Redis
from redis.exceptions import RedisError

from listenlink.errors import RefusesToStart
from listenlink.model.signing import MIN_KEY_BYTES
from listenlink.secret_keys import DAILY_KEYS_KEPT_DAYS, DayKeys

_DAY_SECONDS = 86_400


class RedisDayKeys:
    """One random key per UTC day for all nodes. While Redis can't be reached a node uses its `own`: the audit
    then doesn't recognise its listeners as those of other nodes, and that is the only effect."""

    def __init__(self, redis: Redis, own: DayKeys) -> None:
        self._redis = redis
        self._own = own
        self._loaded: dict[int, bytes] = {}

    def key_of(self, day: int) -> bytes:
        """Return the key of a day, counted in days since the epoch. This never waits for Redis."""
        key = self._loaded.get(day)
        return self._own.key_of(day) if key is None else key

    def prepare(self, day: int) -> None:
        """Load the keys of this day and the next, if Redis answers."""
        with contextlib.suppress(RedisError):
            for asked in (day, day + 1):
                if asked not in self._loaded:
                    self._loaded[asked] = self._load_or_make(asked)

    def _load_or_make(self, day: int) -> bytes:
        name = _name(day)
        ends_at = (day + 1 + DAILY_KEYS_KEPT_DAYS) * _DAY_SECONDS
        self._redis.set(name, secrets.token_bytes(MIN_KEY_BYTES), nx=True, exat=ends_at)
        key = cast(bytes | None, self._redis.get(name))
        if key is None:
            raise RedisError("the key is of a day that is over for long")
        return key

    def find_keys(self, days: Iterable[int]) -> dict[int, bytes]:
        """The keys that Redis has of these days, and no day without one. Makes none. Raises RefusesToStart if
        Redis can't be asked."""
        try:
            keys = {day: cast(bytes | None, self._redis.get(_name(day))) for day in days}
        except RedisError:
            raise RefusesToStart(
                "LISTENLINK_REDIS_URL: Redis, which has the days' keys, doesn't answer"
            ) from None
        return {day: key for day, key in keys.items() if key is not None}

    def destroy_old(self, today: int) -> int:
        """Forget the keys of days that are past their retention, and destroy this node's own keys for them;
        return how many of its own."""
        oldest_kept = today - DAILY_KEYS_KEPT_DAYS
        self._loaded = {day: key for day, key in self._loaded.items() if day >= oldest_kept}
        return self._own.destroy_old(today)


def _name(day: int) -> str:
    return f"listenlink:day:{day}"
