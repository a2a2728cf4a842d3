"""The one rule that says whether a link opens, at each of its edges, to the microsecond."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listenlink.model import ids
from listenlink.model.audit import Reason
from listenlink.model.revocation import Revocation, revocation
from listenlink.model.share import (
    CountedLife,
    Life,
    LinkState,
    Share,
    TargetType,
    Visibility,
    find_target,
)
from listenlink.wire.bodies import LinkVersion

NOW = 1_782_642_600_000_000
TIMES = st.none() | st.integers(0, 20)


@pytest.mark.parametrize(
    ("revoked_at", "starts_at", "expires_at", "reason"),
    [
        (None, None, None, None),
        (None, None, NOW + 1, None),
        (None, None, NOW, Reason.EXPIRED),
        (None, None, NOW - 1, Reason.EXPIRED),
        (None, NOW, None, None),
        (None, NOW + 1, None, Reason.NOT_STARTED),
        (None, NOW, NOW + 1, None),
        (None, NOW + 1, NOW, Reason.EXPIRED),
        (NOW - 1, None, None, Reason.REVOKED),
        (NOW + 1, None, None, Reason.REVOKED),
        (0, None, None, Reason.REVOKED),
        (0, NOW + 1, NOW - 1, Reason.REVOKED),
        (None, None, 0, Reason.EXPIRED),
    ],
)
def test_a_link_opens_between_its_times_and_never_once_revoked(
    revoked_at: int | None, starts_at: int | None, expires_at: int | None, reason: Reason | None
) -> None:
    assert Life(0, revoked_at, starts_at, expires_at, None).refusal(NOW) is reason
    # Its own reasons first: they stay when the suspension has ended.
    suspended = Life(0, revoked_at, starts_at, expires_at, NOW).refusal(NOW)
    assert suspended is (reason or Reason.SUSPENDED)


@given(TIMES, TIMES, st.integers(0, 20))
def test_an_expired_or_revoked_link_never_opens_again(
    starts_at: int | None, expires_at: int | None, now: int
) -> None:
    assert Life(0, now, starts_at, expires_at, None).refusal(now) is Reason.REVOKED
    unrevoked = Life(0, None, starts_at, expires_at, None)
    if unrevoked.refusal(now) is Reason.EXPIRED:
        for later in range(now, now + 30):
            assert unrevoked.refusal(later) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("opens", "max_opens", "spent"),
    [
        (0, None, False),
        (10**12, None, False),
        (0, 1, False),
        (1, 1, True),
        (2, 1, True),
        (1, 2, False),
        (0, 0, True),
        (2, 2, True),
    ],
)
def test_max_opens_opens_are_left_and_not_one_more(
    opens: int, max_opens: int | None, spent: bool
) -> None:
    counted = CountedLife(0, None, None, None, None, max_opens, opens)
    assert counted.is_spent() is spent
    # What is granted in a batch counts as well.
    assert replace(counted, opens=0).is_spent(opens) is spent


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ids.public_id(ids.TRACK, 7), (TargetType.TRACK, 7)),
        (ids.public_id(ids.COLLECTION, 9), (TargetType.COLLECTION, 9)),
        (ids.public_id(ids.SHARE, 7), None),
        (ids.public_id(ids.TRACK, 7)[:-1], None),
        ("", None),
    ],
)
def test_what_a_link_can_point_to_is_known_by_its_id(
    text: str, found: tuple[TargetType, int] | None
) -> None:
    assert find_target(text) == found


def test_what_is_told_of_a_revocation_is_what_whoever_sends_the_audio_can_keep() -> None:
    assert revocation(60, sends_itself=True) == Revocation(1, True)
    assert revocation(60, sends_itself=False) == Revocation(60, False)


def share(opens: int = 0, *, is_pinned: bool = False, **life: int | None) -> Share:
    times: dict[str, int | None] = dict.fromkeys(
        ("revoked_at", "starts_at", "expires_at", "suspended_at")
    )
    return Share(
        rotation=0, **times | life, max_opens=1, opens=opens, id=1, organization_id=1, creator_id=1,
        target_type=TargetType.TRACK, target_id=1, visibility=Visibility.LINK_ONLY, label=None,
        allow_download=False, preview=True, strict_open=False, has_password=False, created_at=0,
        is_pinned=is_pinned,
    )  # fmt: skip


def test_a_links_own_state_is_told_whatever_becomes_of_its_organisation() -> None:
    for told, link in (
        (LinkState.ACTIVE, share()),
        (LinkState.ACTIVE, share(suspended_at=NOW - 1)),
        (LinkState.SPENT, share(1)),
        (LinkState.SPENT, share(1, suspended_at=NOW - 1)),
        (LinkState.SCHEDULED, share(1, starts_at=NOW + 1)),
        (LinkState.EXPIRED, share(1, expires_at=NOW)),
        (LinkState.REVOKED, share(1, expires_at=NOW, revoked_at=NOW - 1)),
    ):
        assert link.state(NOW) is told
    assert share().version is LinkVersion.FOLLOWS
    assert share(is_pinned=True).version is LinkVersion.PINNED
