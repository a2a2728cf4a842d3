"""A licence is never overstated: nobody is told more than the stamp, or than anything known since.

Properties over histories of terms, then the single rules, one story each.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from listenlink.model.licence import (
    UNCLEAR,
    EngineRegistry,
    EngineTerms,
    Licence,
    LicenceClass,
    meet,
)
from listenlink.model.view import licence_view
from trust.figures import examples

ORDER = ["unclear", "personal_only", "commercial_enterprise", "commercial_cleared"]
CLEARED, ENTERPRISE, PERSONAL = (
    LicenceClass.COMMERCIAL_CLEARED,
    LicenceClass.COMMERCIAL_ENTERPRISE,
    LicenceClass.PERSONAL_ONLY,
)

LICENCES = st.builds(
    Licence,
    st.sampled_from(LicenceClass),
    st.sampled_from(["2025-01", "2026-01", "2026-07"]),
    st.booleans(),
    st.none() | st.sampled_from(["Music by A", "Music by B"]),
)

TIMES = st.integers(0, 12)
TERMS = st.builds(EngineTerms, st.sampled_from(["a", "b"]), st.just("A"), LICENCES, TIMES, TIMES)
HISTORIES = st.lists(TERMS, max_size=8)
OFFERED = st.lists(TERMS, max_size=4)


def rank(licence: Licence) -> int:
    return ORDER.index(licence.licence_class.value)


def facts(licence: Licence) -> tuple[str, bool]:
    return licence.licence_class.value, licence.requires_attribution


def terms(
    licence_class: LicenceClass,
    valid_from: int,
    known_at: int,
    *,
    attribution: bool = False,
    version: str = "2026-01",
) -> EngineTerms:
    return EngineTerms("a", "A", Licence(licence_class, version, attribution), valid_from, known_at)


def told(history: list[EngineTerms], stamped_at: int, now: int) -> Licence:
    """What is told now of a track that was made at `stamped_at`, when only the terms known by then were."""
    known = [item for item in history if item.known_at <= stamped_at]
    stamp = EngineRegistry(known, known).stamp("a", stamped_at)
    return EngineRegistry(history, history).told("a", stamp, stamped_at, now)


@settings(max_examples=examples(500))
@given(HISTORIES, OFFERED, LICENCES, TIMES, st.integers(0, 12))
def test_nobody_is_told_more_than_the_stamp_or_anything_known_since(
    history: list[EngineTerms],
    offered: list[EngineTerms],
    stamp: Licence,
    stamped_at: int,
    passed: int,
) -> None:
    now = stamped_at + passed
    answer = EngineRegistry(offered, history).told("a", stamp, stamped_at, now)
    since = [
        item.licence
        for item in history
        if item.engine == "a"
        and item.valid_from <= now
        and (item.known_at > stamped_at or item.valid_from > stamped_at)
    ]
    for licence in (stamp, *since):
        assert rank(answer) <= rank(licence)
        assert answer.requires_attribution or not licence.requires_attribution


@given(HISTORIES, OFFERED, LICENCES, TIMES, TIMES)
def test_commercial_use_is_told_only_if_all_sources_are_cleared(
    history: list[EngineTerms],
    offered: list[EngineTerms],
    stamp: Licence,
    stamped_at: int,
    now: int,
) -> None:
    registry = EngineRegistry(offered, history)
    view = licence_view(registry.told("a", stamp, stamped_at, now))
    in_force = registry.terms_in_force("a", now)
    assert view.commercial_use == (view.licence_class == "commercial_cleared")
    if view.commercial_use:
        assert stamp.licence_class is CLEARED
        assert in_force is not None
        assert in_force.licence.licence_class is CLEARED


@given(HISTORIES, LICENCES, TIMES, TIMES)
def test_an_engine_that_is_not_offered_is_unclear_whatever_was_known(
    history: list[EngineTerms], stamp: Licence, stamped_at: int, now: int
) -> None:
    registry = EngineRegistry([item for item in history if item.engine == "b"], history)
    for licence in (registry.told("a", stamp, stamped_at, now), registry.stamp("a", now)):
        view = licence_view(licence)
        assert (view.licence_class, view.commercial_use, view.requires_attribution) == (
            "unclear",
            False,
            True,
        )


@given(HISTORIES, TIMES, st.integers(0, 6), st.integers(0, 6))
def test_as_time_passes_a_claim_never_rises(
    history: list[EngineTerms], stamped_at: int, first: int, second: int
) -> None:
    early = told(
        [item for item in history if item.known_at <= stamped_at + first],
        stamped_at,
        stamped_at + first,
    )
    later = told(history, stamped_at, stamped_at + first + second)
    assert rank(later) <= rank(early)


@given(LICENCES, LICENCES)
def test_meet_is_commutative_in_class_and_attribution(first: Licence, second: Licence) -> None:
    assert facts(meet(first, second)) == facts(meet(second, first))


@given(LICENCES, LICENCES, LICENCES)
def test_meet_is_associative_in_class_and_attribution(a: Licence, b: Licence, c: Licence) -> None:
    assert facts(meet(a, meet(b, c))) == facts(meet(meet(a, b), c))


@given(LICENCES)
def test_meet_is_idempotent(licence: Licence) -> None:
    assert meet(licence, licence) == licence


@settings(max_examples=examples(300))
@given(LICENCES, LICENCES)
def test_meet_is_the_lower_class_and_either_ones_attribution(
    first: Licence, second: Licence
) -> None:
    both = meet(first, second)
    assert rank(both) == min(rank(first), rank(second))
    assert both.requires_attribution == (first.requires_attribution or second.requires_attribution)
    decided = {item.version for item in (first, second) if rank(item) == rank(both)}
    assert both.version in decided


def test_the_text_to_name_survives_a_meet_with_a_lower_class_that_asks_for_none() -> None:
    free = Licence(PERSONAL, "2026-01", requires_attribution=False)
    named = Licence(CLEARED, "2026-07", requires_attribution=True, attribution_text="Music by A")
    for both in (meet(free, named), meet(named, free)):
        assert both == Licence(PERSONAL, "2026-01", True, "Music by A")


def test_an_enterprise_licence_is_no_commercial_use_for_a_stranger() -> None:
    told_to_stranger = licence_view(Licence(ENTERPRISE, "2026-01", requires_attribution=False))
    assert (told_to_stranger.licence_class, told_to_stranger.commercial_use) == (
        "commercial_enterprise",
        False,
    )


def test_raised_terms_never_raise_an_older_track_and_do_stamp_a_newer_one() -> None:
    history = [terms(PERSONAL, 0, 0), terms(CLEARED, 5, 5, version="2026-07")]
    assert told(history, 1, 9).licence_class is PERSONAL
    assert told(history, 6, 9).licence_class is CLEARED


def test_lowered_terms_lower_older_tracks_from_the_moment_they_hold() -> None:
    history = [terms(CLEARED, 0, 0), terms(PERSONAL, 5, 3, version="2026-07")]
    assert told(history, 1, 4).licence_class is CLEARED
    assert told(history, 1, 5).licence_class is PERSONAL


def test_terms_that_turn_out_to_have_been_lower_all_along_lower_older_tracks() -> None:
    history = [terms(CLEARED, 0, 0), terms(PERSONAL, 0, 7)]
    assert told(history, 3, 8).licence_class is PERSONAL


def test_a_raise_after_a_lowering_leaves_the_older_track_lowered() -> None:
    history = [
        terms(CLEARED, 0, 0),
        terms(PERSONAL, 3, 3, version="2026-04"),
        terms(CLEARED, 6, 6, version="2026-07"),
    ]
    assert told(history, 1, 9).licence_class is PERSONAL
    assert told(history, 7, 9).licence_class is CLEARED


def test_a_lowering_announced_before_the_track_was_made_leaves_it_lowered_too() -> None:
    history = [
        terms(CLEARED, 0, 0),
        terms(PERSONAL, 3, 0, version="2026-04"),
        terms(CLEARED, 6, 0, version="2026-07"),
    ]
    assert told(history, 1, 2).licence_class is CLEARED
    assert told(history, 1, 9).licence_class is PERSONAL


def test_attribution_that_was_asked_for_once_is_asked_for_still() -> None:
    history = [
        terms(CLEARED, 0, 0),
        terms(CLEARED, 3, 3, attribution=True, version="2026-04"),
        terms(CLEARED, 6, 6, version="2026-07"),
    ]
    assert told(history, 1, 9).requires_attribution
    assert not told(history, 7, 9).requires_attribution


def test_a_withdrawn_engine_lowers_its_tracks_to_unclear() -> None:
    registry = EngineRegistry([], [terms(CLEARED, 0, 0)])
    stamp = Licence(CLEARED, "2026-01", requires_attribution=False)
    assert registry.told("a", stamp, 1, 9) == UNCLEAR


def test_terms_of_the_future_and_of_other_engines_say_nothing_yet() -> None:
    other = EngineTerms("b", "B", Licence(LicenceClass.UNCLEAR, "2026-01", True), 0, 0)
    offered = [terms(CLEARED, 0, 0), terms(PERSONAL, 8, 2), other]
    registry = EngineRegistry(offered, offered)
    assert registry.stamp("a", 7).licence_class is CLEARED
    assert registry.stamp("a", 8).licence_class is PERSONAL
    assert EngineRegistry([terms(CLEARED, 5, 5)], []).stamp("a", 4) == UNCLEAR
