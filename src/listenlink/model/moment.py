"""How times are written: ISO 8601, UTC, whole seconds, `Z` (docs/api.md, rules for every endpoint)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
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


_AGO = re.compile(r"([0-9]{1,5})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


def parse_moment(text: str, now_us: int) -> int | None:
    """`2026-06-28`, `2026-06-28T10:30Z` (UTC unless it says otherwise) or `90m`, `24h`, `7d` ago → epoch µs;
    None for anything else."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return max(0, now_us - int(ago.group(1)) * _SECONDS[ago.group(2)] * 1_000_000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round(moment.timestamp() * 1_000_000))


def parse_day(text: str) -> int | None:
    """`2026-06-28` → the day since the epoch; None for anything else."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        return None


def iso_day(day: int) -> str:
    """A day since the epoch → `2026-06-28`."""
    return iso_seconds(day * _SECONDS["d"] * 1_000_000)[:10]
