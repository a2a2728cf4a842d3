"""Moments as they're told, and as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listenlink.model.moment import iso_day, iso_or_none, iso_seconds, parse_day, parse_moment

NOW_US = 1_782_642_600_000_000  # 2026-06-28T10:30:00Z
DAY_US = 86_400_000_000


@pytest.mark.parametrize(
    "told", ["0001-01-01T00:00:00Z", "0697-11-27T08:01:16Z", "1969-12-31T23:59:59Z",
             "2026-06-28T10:30:00Z", "9999-12-31T23:59:59Z"]
)  # fmt: skip
def test_every_year_has_four_digits(told: str) -> None:
    """RFC 3339, section 5.6."""
    at = datetime.fromisoformat(told)
    assert iso_seconds(int((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**6) == told


def test_no_time_is_none() -> None:
    assert iso_or_none(None) is None


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-06-28T10:30:00Z", NOW_US),
        ("2026-06-28T10:30Z", NOW_US),
        ("2026-06-28T10:30", NOW_US),
        ("2026-06-28 10:30", NOW_US),
        ("2026-06-28T12:30+02:00", NOW_US),
        ("2026-06-28", NOW_US // DAY_US * DAY_US),
        ("90m", NOW_US - 90 * 60_000_000),
        ("24h", NOW_US - DAY_US),
        ("7d", NOW_US - 7 * DAY_US),
        ("99999d", 0),
        ("0001-01-01", 0),
    ],
)
def test_a_moment_is_a_time_a_date_or_so_long_ago(text: str, at: int) -> None:
    assert parse_moment(text, NOW_US) == at


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "7w", "-1d", "2026-13-01", "28.6.2026", "١d", "1e3d"]
)
def test_anything_else_is_none(text: str) -> None:
    assert parse_moment(text, NOW_US) is None


def test_a_day_is_a_number_and_a_date() -> None:
    assert parse_day("2026-06-28") == NOW_US // DAY_US
    assert iso_day(NOW_US // DAY_US) == "2026-06-28"
    for text in ("", "2026-06-31", "today", "2026-06-28T10:30"):
        assert parse_day(text) is None
