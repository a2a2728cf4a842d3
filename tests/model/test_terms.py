"""The terms of a link: what may be asked for, and that changing a link is bounded as making one is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, cast

import pytest

from listenlink.clock import DAY_US, HOUR_US, SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.model.share import Visibility
from listenlink.model.terms import AskedTerms, Terms
from listenlink.wire.bodies import LABEL_LENGTH, MOST_OPENS, LinkVersion

NOW = 1_782_642_600_000_000
LATER = NOW + 7 * 3600 * SECOND_US


def at(days: float, of: int = NOW) -> datetime:
    return datetime.fromtimestamp(of / SECOND_US, UTC) + timedelta(days=days)


STARTS = (None, at(-400), at(0), at(1), at(2.5), at(90.2), at(9000))
# An absolute end and one in days can't both be asked for: that one replaces the other is tried as well.
ENDS: tuple[dict[str, Any], ...] = (
    *({"expires_in_days": days} for days in (None, 0, -1, 1, 2, 3, 89, 90, 91, 10**9)),
    *({"expires_in_hours": hours} for hours in (None, 0, 1, 24, 2160, 2161)),
    *(
        {"expires_at": time}
        for time in (None, at(-1), at(0), at(0.3), at(1), at(2.5), at(89), at(91))
    ),
)
OTHERS: tuple[dict[str, Any], ...] = (
    *({"max_opens": most} for most in (None, 0, -1, 1, MOST_OPENS, MOST_OPENS + 1)),
    *({"label": text} for text in (None, "", " a\n b ", "x" * LABEL_LENGTH, "x" * 121, "a\0b")),
    *({"visibility": visibility} for visibility in Visibility),
    *(
        {name: value}
        for name in ("allow_download", "preview", "strict_open")
        for value in (True, False)
    ),
    *({"version": version} for version in LinkVersion),
    *({"password": text} for text in (None, "x" * 5, "x" * 6, "x" * 128, "x" * 129)),
    {"starts_at": datetime(2030, 1, 1)},  # noqa: DTZ001 (what is refused)
    {"expires_at": datetime(2030, 1, 1)},  # noqa: DTZ001
    {"starts_at": datetime(1969, 12, 31, tzinfo=UTC)},
)
TIMES: tuple[dict[str, Any], ...] = tuple(
    start | end for start in ({}, *({"starts_at": time} for time in STARTS)) for end in ({}, *ENDS)
)


def outcome(present: Terms, asked: dict[str, Any], now_us: int) -> Terms | tuple[str, str | None]:
    """What the terms become, or which field is named with which words."""
    try:
        return present.changed(cast(AskedTerms, asked), now_us)
    except Problem as problem:
        if problem.kind is not ProblemKind.INVALID:
            raise
        return problem.details["field"], problem.message


def test_changing_is_refused_exactly_where_making_with_the_resulting_terms_is() -> None:
    """Each pair of terms that a link can have and of what can be asked, some hours after it was made."""
    refused = taken = 0
    for had, asked in product(TIMES + OTHERS, TIMES + OTHERS):
        present = outcome(Terms(), had, NOW)
        if not isinstance(present, Terms):
            continue
        changed = outcome(present, asked, LATER)
        # A start that stays is asked for again, and an end that stays is one already.
        ends = {"expires_at", "expires_in_days", "expires_in_hours"}
        base = Terms(expires_at=None if ends & set(asked) else present.expires_at)
        stays = {"starts_at"} & set(had) - set(asked)
        result = {name: had[name] for name in had if name not in ends} | asked
        made = outcome(base, result, LATER)
        if isinstance(made, Terms):
            assert changed == made
            taken += 1
        else:
            assert not isinstance(changed, Terms), (had, asked)
            # What is named is what was asked for, unless nothing of it was.
            assert changed[0] in asked or not ends & set(asked)
            assert changed[1] == made[1]
            assert stays or changed == made
            refused += 1
    assert min(refused, taken) > 5000


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"max_opens": 0}, "max_opens"),
        ({"max_opens": MOST_OPENS + 1}, "max_opens"),
        ({"label": "x" * (LABEL_LENGTH + 1)}, "label"),
        ({"label": "a\0b"}, "label"),
        ({"password": "12345"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_at": at(0)}, "expires_at"),
        ({"expires_at": at(90, NOW + SECOND_US)}, "expires_at"),
        ({"expires_in_hours": 0}, "expires_in_hours"),
        ({"expires_at": at(1), "expires_in_days": 1}, "expires_at"),
        ({"expires_at": at(1), "expires_in_hours": 1}, "expires_at"),
        ({"expires_in_hours": 1, "expires_in_days": 1}, "expires_in_hours"),
        ({"expires_at": at(1), "starts_at": at(1)}, "starts_at"),
        ({"expires_in_days": 1, "starts_at": at(1)}, "starts_at"),
        ({"starts_at": datetime(2030, 1, 1)}, "starts_at"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_is_named(asked: dict[str, Any], field: str) -> None:
    told = outcome(Terms(), asked, NOW)
    assert not isinstance(told, Terms)
    assert told[0] == field


def test_what_can_be_is_kept() -> None:
    asked: AskedTerms = {
        "visibility": Visibility.PUBLIC, "label": " a\u202e\nb ", "max_opens": 1, "starts_at": at(89),
        "expires_at": at(90), "allow_download": True, "preview": False, "strict_open": True,
        "version": LinkVersion.PINNED, "password": "123456",
    }  # fmt: skip
    kept = Terms(
        Visibility.PUBLIC, "a b", 1, NOW + 89 * DAY_US, NOW + 90 * DAY_US,
        allow_download=True, preview=False, strict_open=True, has_password=True, is_pinned=True,
    )  # fmt: skip
    assert Terms().changed(asked, NOW) == kept
    assert kept.changed({}, LATER) == kept
    assert Terms().changed({"expires_in_days": 500}, NOW).expires_at == NOW + 90 * DAY_US
    assert Terms().changed({"expires_in_hours": 1}, NOW).expires_at == NOW + HOUR_US
    assert Terms().changed({"expires_in_hours": 9000}, NOW).expires_at == NOW + 90 * DAY_US


def test_an_end_that_is_none_is_none_only_where_no_other_is_asked_for() -> None:
    """As programs write it that send every field."""
    none: AskedTerms = {"expires_in_days": None, "expires_in_hours": None, "expires_at": None}
    had = Terms(expires_at=NOW + DAY_US)
    assert had.changed(none, NOW).expires_at is None
    for end, expected in (
        ({"expires_in_days": 2}, NOW + 2 * DAY_US),
        ({"expires_in_hours": 2}, NOW + 2 * HOUR_US),
        ({"expires_at": at(3)}, NOW + 3 * DAY_US),
    ):
        assert had.changed(cast(AskedTerms, none | end), NOW).expires_at == expected


def test_an_end_that_stays_is_not_judged_again() -> None:
    over = Terms(expires_at=NOW - 1)
    assert over.changed({"label": "Ana"}, NOW) == Terms(expires_at=NOW - 1, label="Ana")


def test_a_change_that_is_not_of_the_start_names_the_end_that_was_asked_for() -> None:
    later = Terms(starts_at=NOW + 2 * DAY_US)
    for asked in ({"expires_in_days": 2}, {"expires_in_hours": 48}, {"expires_at": at(2)}):
        assert outcome(later, asked, NOW) == (
            next(iter(asked)),
            "The link would end before it starts.",
        )
