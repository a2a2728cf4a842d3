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
# As long as a Redis whose clock was set back may have kept keys that nobody destroyed.
_LOOKED_BACK_DAYS = 60


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
        """Load the keys of this day and the next, if Redis answers; and give it back those that this node
        knows and Redis has lost, because it was restarted or its clock was ahead. Otherwise a node that
        starts now would make others."""
        kept = {known for known in self._loaded if known >= day - DAILY_KEYS_KEPT_DAYS}
        with contextlib.suppress(RedisError):
            for asked in sorted(kept | {day, day + 1}):
                self._loaded[asked] = self._load_or_make(asked, day)

    def _load_or_make(self, day: int, today: int) -> bytes:
        name = _name(day)
        # By how long it's still needed, not until when: Redis's clock may be another.
        left_seconds = (day - today + 1 + DAILY_KEYS_KEPT_DAYS) * _DAY_SECONDS
        made = self._loaded.get(day) or secrets.token_bytes(MIN_KEY_BYTES)
        self._redis.set(name, made, nx=True, ex=left_seconds)
        key = cast(bytes | None, self._redis.get(name))
        if key is None:
            raise RedisError("the key is gone already")
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
        """Destroy the keys of days that are past their retention, in Redis too: it does so by itself, but by
        its own clock. Return how many of this node's own keys that were."""
        oldest_kept = today - DAILY_KEYS_KEPT_DAYS
        self._loaded = {day: key for day, key in self._loaded.items() if day >= oldest_kept}
        with contextlib.suppress(RedisError):
            deleting = self._redis.pipeline(transaction=False)
            for day in range(oldest_kept - _LOOKED_BACK_DAYS, oldest_kept):
                deleting.delete(_name(day))
            deleting.execute()
        return self._own.destroy_old(today)


def _name(day: int) -> str:
    return f"listenlink:day:{day}"
