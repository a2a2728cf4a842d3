"""Whose credit a link names whose track has several versions."""

from __future__ import annotations

from listenlink.model.licence import EngineRegistry, EngineTerms, Licence, LicenceClass
from listenlink.model.versions import Version, Versions, begin, told


def version(number: int, at: int, engine: str, stamp: Licence) -> Version:
    return Version(number, engine, stamp, at, 44_100, 44_100)


def test_the_credit_of_what_is_heard_is_named_in_any_case() -> None:
    """Before that of a version whose terms decide; of two with equal terms, it's the only one."""
    credited = {
        engine: Licence(kind, "2026-01", True, f"Made with {engine}")
        for engine, kind in (
            ("studio", LicenceClass.PERSONAL_ONLY),
            ("choir", LicenceClass.COMMERCIAL_CLEARED),
            ("organ", LicenceClass.PERSONAL_ONLY),
        )
    }
    known = [EngineTerms(name, name, licence, 0, 0) for name, licence in credited.items()]
    registry = EngineRegistry(known, known)
    versions = begin(version(1, 100, "studio", credited["studio"]))
    for number, engine in ((2, "choir"), (3, "organ")):
        added = version(number, number * 100, engine, credited[engine])
        versions = versions.and_version(added).and_turn(number, number * 100)

    def credit(versions: Versions, made_at: int, *, is_pinned: bool = False) -> str | None:
        of_link = versions.in_force(made_at, is_pinned=is_pinned)
        return told(registry, of_link, 1000).attribution_text

    assert credit(versions, 150) == "Made with organ"
    assert credit(versions, 150, is_pinned=True) == "Made with studio"
    assert credit(versions, 250, is_pinned=True) == "Made with choir; Made with organ"
    assert credit(versions.and_turn(2, 400), 150) == "Made with choir; Made with organ"
    assert credit(versions.and_turn(2, 400), 401) == "Made with choir"
