"""Times as they're told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from listenlink.model.moment import iso_or_none, iso_seconds


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
