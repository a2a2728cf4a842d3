"""What is left of a rate, as the headers of an answer tell it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec import Struct

_NAME = re.compile(r'\s*"?([\w.-]+)')


class Limits(Struct, frozen=True):
    """A budget: how many requests of its kind there may be within 60 seconds, how many are left, and when
    it's whole again. `budget` is its name (docs/api.md, *Limits*), empty if it isn't told."""

    budget: str
    limit: int
    remaining: int
    reset_at: datetime


def read_limits(headers: Mapping[str, str]) -> Limits | None:
    """What the headers tell, None if they tell nothing."""
    try:
        limit, remaining, reset = (
            int(headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset")
        )
        reset_at = datetime.fromtimestamp(reset, UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return None
    named = _NAME.match(headers.get("ratelimit-policy", ""))
    return Limits(named[1] if named else "", limit, remaining, reset_at)
