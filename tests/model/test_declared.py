"""What is declared never raises what was told: the order of terms, histories of declarations, and what a
link tells while engines' terms and declarations change."""

from __future__ import annotations

from functools import reduce
from itertools import product

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from listenlink.model.declared import (
    LISTEN_ONLY,
    UNDECLARED,
    Declarations,
    Declared,
    Terms,
    begin,
    declare,
    meet_declared,
    read_declarations,
)
from listenlink.model.declaring import Declaring
from listenlink.model.licence import (
    OWN_RECORDING,
    UNCLEAR,
    EngineRegistry,
    EngineTerms,
    Licence,
    LicenceClass,
    licence_of,
    meet,
)
from trust.figures import examples

SEED = 20_260_128
MONTH_US = 31 * 86_400 * 1_000_000
CREDITED, FREE = (
    Declared(Terms.COMMERCIAL, True, "2026-01"),
    Declared(Terms.COMMERCIAL, False, "2026-01"),
)
BY, ZERO = Declared(Terms.BY), Declared(Terms.ZERO)
NC, NC_SA, NC_ND = (Declared(t) for t in (Terms.BY_NC, Terms.BY_NC_SA, Terms.BY_NC_ND))
ALL = [LISTEN_ONLY, NC, NC_SA, NC_ND, BY, ZERO, CREDITED, FREE]
# Each allows all that the one behind it does, and there is nothing between. Written down from the licences.
STEPS = [
    (ZERO, FREE), (ZERO, BY), (FREE, CREDITED), (BY, NC), (NC, NC_SA), (NC, NC_ND),
    (CREDITED, LISTEN_ONLY), (NC_SA, LISTEN_ONLY), (NC_ND, LISTEN_ONLY),
]  # fmt: skip
ORDER = ["unclear", "personal_only", "commercial_enterprise", "commercial_cleared"]
MOST = 6  # The longest way up is five steps.


def below(one: Declared) -> set[Declared]:
    """What it allows more than, or as much as."""
    return {one}.union(*(below(low) for high, low in STEPS if high == one))


def terms_of(one: Declared) -> Declared:
    """Whenever it was declared."""
    return Declared(one.terms, one.is_credited, "2026-01" if one.terms is Terms.COMMERCIAL else "")


@pytest.mark.parametrize(("first", "second"), list(product(ALL, ALL)))
def test_two_meet_in_the_most_that_both_allow(first: Declared, second: Declared) -> None:
    both = below(first) & below(second)
    (most,) = (one for one in both if both == below(one))
    assert meet_declared(first, second) == meet_declared(second, first) == most


def test_in_whichever_order_three_meet_it_comes_to_the_same() -> None:
    for one, two, three in product(ALL, ALL, ALL):
        left = meet_declared(meet_declared(one, two), three)
        assert left == meet_declared(one, meet_declared(two, three))


def test_of_the_same_terms_the_later_month_is_told() -> None:
    later = Declared(Terms.COMMERCIAL, True, "2026-05")
    assert meet_declared(CREDITED, later) == meet_declared(later, CREDITED) == later


def test_what_cannot_be_ordered_meets_in_listen_only() -> None:
    for one, two in ((NC_SA, NC_ND), (BY, FREE), (BY, CREDITED), (NC, CREDITED), (NC, FREE)):
        assert meet_declared(one, two) == LISTEN_ONLY


SAID = st.builds(
    Declaring,
    st.sampled_from(Terms),
    st.none() | st.sampled_from(["Music by A", "Música: B"]),
)
GAPS = st.integers(0, 2) | st.integers(0, 2 * MONTH_US)
HISTORIES = st.lists(st.tuples(GAPS, SAID), min_size=1, max_size=25)
ENGINES = st.sampled_from([OWN_RECORDING, "studio"])


@seed(SEED)
@settings(max_examples=examples(300))
@given(HISTORIES, ENGINES, st.booleans(), st.data())
def test_a_link_tells_the_meet_of_all_that_was_in_force_since_it_was_made(
    history: list[tuple[int, Declaring]], engine: str, is_first: bool, data: st.DataObject
) -> None:
    now, held, in_force = 1_000, None, []
    if not is_first and engine == OWN_RECORDING:
        in_force.append((0, UNDECLARED))
    for gap, said in history:
        now += gap
        held = said.first(now) if held is None and is_first else said.after(held, engine, now)
        in_force.append((now if in_force else 0, said.at(now)))
        assert len(held.since) <= MOST
        assert read_declarations(held.write()) == held
    assert held is not None
    made_at = data.draw(st.sampled_from([moment + one for moment, _ in in_force for one in (0, 1)]))
    before = max((place for place, (since, _) in enumerate(in_force) if since < made_at), default=0)
    told = held.for_link(made_at).newest
    assert told == reduce(meet_declared, [declared for _, declared in in_force[before:]])
    assert terms_of(told) in below(terms_of(in_force[-1][1]))
    assert len(held.write()) <= 1024


@seed(SEED)
@settings(max_examples=examples(200))
@given(HISTORIES, ENGINES, st.integers(0, 60 * MONTH_US))
def test_what_one_link_tells_never_rises(
    history: list[tuple[int, Declaring]], engine: str, made_at: int
) -> None:
    now, held, told = 0, None, None
    for gap, said in history:
        now += gap
        held = said.after(held, engine, now)
        if made_at <= now:
            found = terms_of(held.for_link(made_at).newest)
            assert told is None or found in below(told)
            told = found


def as_facts(licence: Licence) -> tuple[int, bool]:
    return ORDER.index(licence.licence_class.value), not licence.requires_attribution


LICENCES = st.builds(
    Licence,
    st.sampled_from(LicenceClass),
    st.just("2026-01"),
    st.booleans(),
    st.none() | st.just("A"),
)
ENGINE_TERMS = st.builds(
    EngineTerms, ENGINES, st.just("A"), LICENCES, st.integers(0, 30), st.integers(0, 30)
)


@seed(SEED)
@settings(max_examples=examples(300))
@given(
    st.lists(ENGINE_TERMS, max_size=6), st.lists(ENGINE_TERMS, max_size=4), LICENCES, ENGINES,
    st.none() | st.sampled_from(ALL), st.integers(0, 30), st.none() | st.just("Credit"),
)  # fmt: skip
def test_an_engine_is_the_ceiling_and_no_claim_is_above_what_is_declared(
    known: list[EngineTerms],
    offered: list[EngineTerms],
    stamp: Licence,
    engine: str,
    declared: Declared | None,
    now: int,
    text: str | None,
) -> None:
    registry = EngineRegistry(offered, [*known, *offered])
    undeclared = registry.told(engine, stamp, 10, now)
    told = registry.told(engine, stamp, 10, now, declared, text)
    said = licence_of(declared or LISTEN_ONLY, text)
    if declared is not None or engine == OWN_RECORDING:
        assert as_facts(told)[0] <= as_facts(said)[0]
        assert told.requires_attribution >= said.requires_attribution
    if engine != OWN_RECORDING or undeclared == UNCLEAR:
        assert as_facts(told)[0] <= as_facts(undeclared)[0]
        assert told.requires_attribution >= undeclared.requires_attribution
        assert told.declared is None, "an engine's terms keep their name"
    elif (
        declared not in (None, LISTEN_ONLY) and undeclared.licence_class is not LicenceClass.UNCLEAR
    ):
        assert told == said
    assert told.is_declared <= (declared is not None)


ANY = st.one_of(LICENCES, st.builds(licence_of, st.sampled_from(ALL[1:]), st.just("Credit")))


@seed(SEED)
@settings(max_examples=examples(300))
@given(st.lists(ANY, min_size=1, max_size=5))
def test_of_several_tracks_nothing_is_told_that_one_of_them_does_not_allow(
    licences: list[Licence],
) -> None:
    told = reduce(meet, licences)
    assert as_facts(told)[0] <= min(as_facts(one)[0] for one in licences)
    assert told.requires_attribution >= max(one.requires_attribution for one in licences)
    if told.declared is not None:
        assert all(
            one.declared is not None and terms_of(told.declared) in below(terms_of(one.declared))
            for one in licences
        )


@pytest.mark.parametrize(
    ("terms", "text", "expected"),
    [
        (Terms.LISTEN_ONLY, None, ("personal_only", False, True, "2026-01")),
        (Terms.BY_NC, None, ("personal_only", False, True, "CC-BY-NC-4.0")),
        (Terms.BY_NC_SA, "A", ("personal_only", False, True, "CC-BY-NC-SA-4.0")),
        (Terms.BY_NC_ND, None, ("personal_only", False, True, "CC-BY-NC-ND-4.0")),
        (Terms.BY, None, ("commercial_cleared", True, True, "CC-BY-4.0")),
        (Terms.ZERO, None, ("commercial_cleared", True, False, "CC0-1.0")),
        (Terms.COMMERCIAL, None, ("commercial_cleared", True, False, "declared-1970-02")),
        (Terms.COMMERCIAL, "A", ("commercial_cleared", True, True, "declared-1970-02")),
    ],
)
def test_the_facts_of_what_is_declared(
    terms: Terms, text: str | None, expected: tuple[str, bool, bool, str]
) -> None:
    own = Licence(LicenceClass.PERSONAL_ONLY, "2026-01", requires_attribution=True)
    registry = EngineRegistry([EngineTerms(OWN_RECORDING, "Own", own, 0, 0)], [])
    held = Declaring(terms, text).first(MONTH_US)
    told = registry.told(OWN_RECORDING, own, 0, 1, held.newest, held.attribution_text)
    facts = told.licence_class.value, told.commercial_use, told.requires_attribution, told.version
    assert facts == expected
    assert told.is_declared
    assert told.attribution_text == text


def test_a_credit_line_is_kept_while_links_need_it() -> None:
    held = Declaring(Terms.COMMERCIAL, "Music by A").first(5)
    held = held.and_now(declare(Terms.COMMERCIAL, is_credited=False, at_us=9), None, 9)
    assert held.for_link(7).newest.requires_attribution
    assert (held.attribution_text, held.newest_text) == ("Music by A", None)
    assert not held.newest.requires_attribution
    gone = held.and_now(BY, None, 12)
    assert gone.attribution_text is None
    assert gone.for_link(7).newest == LISTEN_ONLY


def test_a_link_of_the_very_moment_counts_as_made_before() -> None:
    held = begin(BY, None, 10, undeclared=LISTEN_ONLY)
    assert [held.for_link(made_at).newest for made_at in (9, 10, 11)] == [
        LISTEN_ONLY,
        LISTEN_ONLY,
        BY,
    ]
    assert Declarations(((0, BY),)).for_link(0).newest == BY
