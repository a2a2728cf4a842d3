"""How times are written: ISO 8601, UTC, whole seconds, `Z` (docs/api.md, rules for every endpoint); and
when something that ends is over."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The first and the last second that can be told, since the epoch: in the years 1 and 9999 (RFC 3339, 5.6).
_FIRST_TOLD, _LAST_TOLD = -62_135_596_800, 253_402_300_799


def is_over(ends_at: int | None, now: int) -> bool:
    """Whether what ends then is over: from that very moment on, and never if it has no end. Both times are in
    the same unit. All that ends asks this, in SQL `ended` (`store/database/columns.py`)."""
    return ends_at is not None and now >= ends_at


@lru_cache(maxsize=4096)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=4096)
def _iso(seconds: int) -> str:
    # Not strftime, which writes the year 697 with three digits.
    return _moment(seconds).isoformat(timespec="seconds").replace("+00:00", "Z")


def iso_seconds(at_us: int) -> str:
    """`1782642600000000` → `2026-06-28T10:30:00Z`. A time that can't be told is told as the nearest that
    can."""
    return _iso(tellable_seconds(at_us))


def moment_of(at_us: int) -> datetime:
    """The same time for an answer: encoded as JSON, it's what `iso_seconds` returns."""
    return _moment(tellable_seconds(at_us))


def moment_or_none(at_us: int | None) -> datetime | None:
    """`moment_of` for a time that may be missing."""
    return None if at_us is None else moment_of(at_us)


def tellable_seconds(at_us: int) -> int:
    """The seconds since the epoch of a time in epoch µs, or of the nearest that a calendar has."""
    return min(max(at_us // 1_000_000, _FIRST_TOLD), _LAST_TOLD)


def seconds_of(moment: datetime) -> int | None:
    """The whole seconds since the epoch of a time that somebody sent, with its zone; None for one before 1970
    or after the year 9999, in UTC."""
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    return seconds if 0 <= seconds <= _LAST_TOLD else None


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
    return min(max(0, (moment - _EPOCH) // timedelta(microseconds=1)), _LAST_TOLD * 1_000_000)


def parse_day(text: str) -> int | None:
    """`2026-06-28` → the day since the epoch; None for anything else."""
    try:
        return (date.fromisoformat(text) - date(1970, 1, 1)).days
    except ValueError:
        return None


def iso_day(day: int) -> str:
    """A day since the epoch → `2026-06-28`."""
    return iso_seconds(day * _SECONDS["d"] * 1_000_000)[:10]
