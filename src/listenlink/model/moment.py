"""How times are written: ISO 8601, UTC, whole seconds, `Z` (docs/api.md, rules for every endpoint)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4096)
def _iso(seconds: int) -> str:
    # Not strftime, which writes the year 697 with three digits.
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_seconds(at_us: int) -> str:
    """`1782642600000000` → `2026-06-28T10:30:00Z`."""
    return _iso(at_us // 1_000_000)


def iso_or_none(at_us: int | None) -> str | None:
    """`iso_seconds` for a time that may be missing."""
    return None if at_us is None else iso_seconds(at_us)
