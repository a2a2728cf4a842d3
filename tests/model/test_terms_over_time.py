"""What is told of a track changes with time only at moments that the registry names."""

from __future__ import annotations

from hypothesis import given, settings

from listenlink.model.licence import EngineRegistry, EngineTerms, Licence, meet
from model.test_licence import CLEARED, HISTORIES, LICENCES, OFFERED, PERSONAL, TIMES, terms
from trust.figures import examples


@settings(max_examples=examples(500))
@given(HISTORIES, OFFERED, LICENCES, TIMES, TIMES, TIMES)
def test_nothing_changes_between_the_moments_that_are_named(
    history: list[EngineTerms],
    offered: list[EngineTerms],
    stamp: Licence,
    stamped_at: int,
    one: int,
    other: int,
) -> None:
    registry = EngineRegistry(offered, history)
    assert registry.unchanged_since(one) <= one
    if registry.unchanged_since(one) == registry.unchanged_since(other):
        for engine in ("a", "b", "c"):
            assert registry.terms_in_force(engine, one) == registry.terms_in_force(engine, other)
            assert registry.told(engine, stamp, stamped_at, one) == registry.told(
                engine, stamp, stamped_at, other
            )


def test_each_beginning_is_such_a_moment_whether_offered_or_only_known() -> None:
    offered, known = [terms(CLEARED, 3, 0)], [terms(PERSONAL, 6, 0)]
    registry = EngineRegistry(offered, [*offered, *known])
    seen = [registry.unchanged_since(now) for now in range(9)]
    assert seen == [0, 0, 0, 3, 3, 3, 6, 6, 6]
    assert EngineRegistry((), ()).unchanged_since(5) == 0


def test_of_two_of_a_class_the_first_gives_the_version() -> None:
    stamp, later = (
        Licence(PERSONAL, version, requires_attribution=False) for version in ("2026-01", "2026-07")
    )
    assert (meet(stamp, later).version, meet(later, stamp).version) == ("2026-01", "2026-07")


def test_of_two_that_begin_at_one_moment_the_lower_is_in_force() -> None:
    high, low = terms(CLEARED, 1, 0), terms(PERSONAL, 1, 0)
    for offered in ([high, low], [low, high]):
        registry = EngineRegistry(offered, offered)
        assert registry.stamp(high.engine, 1).licence_class is PERSONAL
