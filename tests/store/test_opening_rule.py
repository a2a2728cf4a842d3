"""The rule of the open where links have passwords, versions and sessions that others renew."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from listenlink.actions.opening.rule import OpenRequest, decide, why_refused
from listenlink.model.audit import Outcome, Reason
from listenlink.model.licence import Licence, LicenceClass
from listenlink.model.listen_session import ListenSession
from listenlink.model.unlock import Unlock
from listenlink.model.versions import Version, begin
from listenlink.store.opening.open_rows import FoundLink, FoundTrack
from store.test_client_names import ANNA, NOON_US, asked

HOUR = 3600
LINK_ID, ROTATION = 7, 3
TRACK = FoundTrack(1, None, "t", "e", "m", 1, 1, 0, "c", "v", 0, None, 0, None)
OPEN = FoundLink(
    ROTATION, None, None, None, None, 2, 0, LINK_ID, "public", 0, 100, 0, 0, TRACK, None
)
SESSION = ListenSession(LINK_ID, ROTATION, 5, NOON_US // 1_000_000 + HOUR)
FIRST = Version(1, "e", Licence(LicenceClass.PERSONAL_ONLY, "1", True), 50, 1, 1)
BOTH = begin(FIRST).and_version(FIRST._replace(number=2, created_at=200)).and_turn(2, 200)


def why(link: FoundLink | None, granted: int = 0, **changes: object) -> Reason | None:
    request: OpenRequest = replace(asked(ANNA), **changes)
    return why_refused(request, link, request.session, Counter({LINK_ID: granted}))


@pytest.mark.parametrize(
    ("unlock", "is_wrong", "reason"),
    [
        (None, False, Reason.LOCKED),
        (None, True, Reason.WRONG),
        (Unlock(LINK_ID, ROTATION, 9), False, None),
        (Unlock(LINK_ID, ROTATION, 9), True, None),
        (Unlock(LINK_ID + 1, ROTATION, 9), False, Reason.LOCKED),
        (Unlock(LINK_ID, ROTATION - 1, 9), True, Reason.WRONG),
    ],
)
def test_a_password_is_asked_for_unless_it_was_given_for_this_very_link(
    unlock: Unlock | None, is_wrong: bool, reason: Reason | None
) -> None:
    locked = replace(OPEN, has_password=1)
    assert why(locked, unlock=unlock, is_wrong=is_wrong) is reason
    assert why(OPEN, unlock=unlock, is_wrong=is_wrong) is None
    assert why(locked, session=SESSION, unlock=unlock, is_wrong=is_wrong) is None
    assert why(replace(locked, revoked_at=1), unlock=unlock) is Reason.REVOKED
    assert why(locked, granted=2, unlock=unlock) is Reason.SPENT


def test_without_a_link_nothing_else_is_looked_at() -> None:
    assert why(None, session=SESSION, is_one_too_many=True) is Reason.UNKNOWN
    assert why(replace(OPEN, revoked_at=1), is_well_formed=False) is Reason.MALFORMED


def test_a_session_that_enough_others_renew_is_refused_as_that_unless_the_link_is_over() -> None:
    assert why(OPEN, session=SESSION, is_one_too_many=True) is Reason.SESSION_CLIENTS
    assert why(OPEN, is_one_too_many=True) is None, "who has no session renews none"
    over = replace(OPEN, expires_at=NOON_US)
    assert why(over, session=SESSION, is_one_too_many=True) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("removed", "is_pinned", "made_at", "outcome"),
    [
        (1, 1, 100, Outcome.REMOVED),
        (1, 1, 300, Outcome.OPENED),
        (1, 0, 100, Outcome.OPENED),
        (None, 1, 100, Outcome.OPENED),
    ],
)
def test_a_link_that_is_pinned_to_a_removed_version_has_nothing(
    removed: int | None, is_pinned: int, made_at: int, outcome: Outcome
) -> None:
    versions = BOTH if removed is None else BOTH.without(removed)
    track = TRACK._replace(versions=versions.write())
    link = replace(OPEN, track=track, is_pinned=is_pinned, created_at=made_at)
    assert decide(asked(ANNA), link, Counter(), HOUR).outcome is outcome


def test_a_link_to_a_track_that_never_had_another_version_leads_to_that() -> None:
    pinned = replace(OPEN, is_pinned=1)
    assert decide(asked(ANNA), pinned, Counter(), HOUR).outcome is Outcome.OPENED
