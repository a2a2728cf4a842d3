"""A track's versions: what a link leads to, what is written of them, and that no link is ever told more than
it told before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from listenlink.model.declared import Declarations, Terms
from listenlink.model.declaring import Declaring
from listenlink.model.licence import (
    OWN_RECORDING,
    EngineRegistry,
    EngineTerms,
    Licence,
    LicenceClass,
    meet,
)
from listenlink.model.track import Track
from listenlink.model.versions import (
    Version,
    Versions,
    begin,
    read_for_link,
    read_versions,
    told,
    written_for_link,
)
from trust.figures import examples

ENGINES = ["studio", "choir", OWN_RECORDING]
CLASSES = st.sampled_from(LicenceClass)
RANK = {kind: rank for rank, kind in enumerate(LicenceClass)}
PRIVATE = Licence(LicenceClass.PERSONAL_ONLY, "2026-01", True, is_declared=True)


def stamped(licence_class: LicenceClass, *, requires: bool = False) -> Licence:
    return Licence(licence_class, "2026-01", requires)


def version(number: int, at: int, **changes: Any) -> Version:
    return Version(
        number, "studio", stamped(LicenceClass.PERSONAL_ONLY), at, 44_100, 44_100
    )._replace(**changes)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("version"), st.sampled_from(ENGINES), st.booleans()),
        st.tuples(st.just("turn"), st.integers(0, 9)),
        st.tuples(st.just("remove"), st.integers(0, 9)),
        st.tuples(st.just("declare"), st.sampled_from(Terms), st.none() | st.just("By Ana")),
        st.tuples(st.just("terms"), st.sampled_from(ENGINES[:2]), CLASSES, st.booleans()),
        st.tuples(st.just("link"), st.booleans()),
    ),
    max_size=25,
)


@dataclass
class World:
    """A track over time, and what each link to it was told by now. Each step takes a second."""

    now: int = 10
    known: list[EngineTerms] = field(default_factory=list)
    links: list[tuple[int, Licence]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for engine, kind in zip(
            ENGINES, (LicenceClass.COMMERCIAL_CLEARED, LicenceClass.PERSONAL_ONLY), strict=False
        ):
            self.terms(engine, kind, False)
        own = EngineTerms(
            OWN_RECORDING, "Own", stamped(LicenceClass.PERSONAL_ONLY, requires=True), 0, 0
        )
        self.known.append(own)
        self.track = Track(
            1,
            1,
            1,
            "t",
            None,
            "studio",
            "creation",
            False,
            1,
            1,
            self.registry.stamp("studio", 10),
            10,
        )

    @property
    def registry(self) -> EngineRegistry:
        return EngineRegistry(self.known, self.known)

    def terms(self, engine: str, kind: LicenceClass, requires: bool) -> None:
        self.known.append(
            EngineTerms(engine, engine, stamped(kind, requires=requires), self.now, self.now)
        )

    def put(self, versions: Versions) -> None:
        self.track = replace(self.track, versions=read_versions(versions.write())).of(
            versions.current
        )

    def version(self, engine: str, is_current: bool) -> None:
        versions = self.track.all_versions
        number = len(versions.items) + 1
        added = Version(number, engine, self.registry.stamp(engine, self.now), self.now, number, 1)
        versions = versions.and_version(added)
        self.put(versions.and_turn(number, self.now) if is_current else versions)

    def turn(self, which: int) -> None:
        versions = self.track.all_versions
        number = which % len(versions.items) + 1
        if versions.find(number) and versions.current.number != number:
            self.put(versions.and_turn(number, self.now))

    def remove(self, which: int) -> None:
        versions = self.track.all_versions
        number = which % len(versions.items) + 1
        if versions.current.number != number:
            self.put(versions.without(number))

    def declare(self, terms: Terms, text: str | None) -> None:
        said = Declaring(terms, None if terms is Terms.ZERO else text)
        held = said.after(self.track.declarations, self.track.engines, self.now)
        self.track = replace(self.track, declarations=held)

    def link(self, _is_pinned: bool) -> None:
        self.links.append((self.now, self.told(self.now)))

    def told(self, made_at: int) -> Licence:
        return self.track.licence(self.registry, self.now, made_at)


def allows(licence: Licence) -> tuple[int, bool]:
    return RANK[licence.licence_class], not licence.requires_attribution


def is_raised(before: Licence, now: Licence) -> bool:
    return any(new > old for old, new in zip(allows(before), allows(now), strict=True))


@settings(max_examples=examples(400), deadline=None)
@given(STEPS)
def test_no_link_is_ever_told_more_than_before(steps: list[tuple[Any, ...]]) -> None:
    world = World()
    for name, *said in steps:
        world.now += 1
        getattr(world, name)(*said)
        # A second that nothing falls into: whatever is made then is made after all that was done.
        world.now += 1
        for place, (made_at, before) in enumerate(world.links):
            now = world.told(made_at)
            # What an engine offers is the operator's word, as for a track of one version.
            if name != "terms":
                assert not is_raised(before, now), (name, said, before, now)
            world.links[place] = made_at, now
            each = [
                told(world.registry, [one], world.now, *_held(world.track.declarations, made_at))
                for one in world.track.all_versions.in_force(made_at)
            ]
            for one in each:
                assert not is_raised(one, now)


def _held(declarations: Declarations | None, made_at: int) -> tuple[Any, ...]:
    if declarations is None:
        return None, None
    held = declarations.for_link(made_at)
    return held.newest, held.attribution_text


@settings(max_examples=examples(300), deadline=None)
@given(STEPS, st.integers(0, 60), st.booleans())
def test_what_is_written_says_the_same(
    steps: list[tuple[Any, ...]], made_at: int, is_pinned: bool
) -> None:
    revisions: list[tuple[str, Versions]] = []
    world = World()
    for name, *said in steps:
        world.now += 1
        getattr(world, name)(*said)
        versions = world.track.all_versions
        assert read_versions(versions.write()) == versions
        if not revisions or revisions[-1][1] != versions:
            revisions.append((versions.write()[:8], versions))
        of_link = read_for_link(written_for_link(versions.write(), made_at, is_pinned))
        assert of_link.version == versions.shown(made_at, is_pinned=is_pinned)
        assert of_link.in_force == versions.in_force(made_at, is_pinned=is_pinned)
        assert of_link.in_force[0] == of_link.version
        assert set(of_link.in_force) == set(versions.in_force(made_at))
        assert not versions.current.is_removed
    assert len({mark for mark, _ in revisions}) == len(revisions)


def test_a_raised_one_reaches_links_made_afterwards() -> None:
    world = World()
    world.version("choir", True)
    world.now = 100
    world.link(False)
    world.now = 200
    world.version("studio", True)
    assert world.told(100).licence_class is LicenceClass.PERSONAL_ONLY
    assert world.told(200).licence_class is LicenceClass.PERSONAL_ONLY
    assert world.told(201).licence_class is LicenceClass.COMMERCIAL_CLEARED
    # And its creator is told of the current one.
    own = world.track.licence(world.registry, 300)
    assert own.licence_class is LicenceClass.COMMERCIAL_CLEARED


def test_what_is_declared_of_an_engines_version_raises_none_of_a_recording() -> None:
    world = World()
    world.version(OWN_RECORDING, True)
    world.now = 100
    world.link(False)
    before = world.told(100)
    world.now = 200
    world.turn(0)
    world.now = 300
    world.declare(Terms.ZERO, None)
    assert not is_raised(before, world.told(100))
    assert before == meet(before, PRIVATE)


def test_a_versions_length_is_told_to_the_millisecond() -> None:
    for samples, seconds in ((44_100, 1.0), (22_050, 0.5), (44_122, 1.0), (44_123, 1.001)):
        assert version(1, 0, sample_count=samples).seconds == seconds


def test_a_pinned_link_leads_to_what_was_current_when_it_was_made() -> None:
    versions = begin(version(1, 100))
    for number, at in ((2, 200), (3, 300)):
        versions = versions.and_version(version(number, at)).and_turn(number, at)
    versions = versions.and_turn(1, 400)
    shown = {
        made_at: versions.shown(made_at, is_pinned=True).number
        for made_at in (50, 100, 101, 200, 201, 300, 301, 400, 401)
    }
    assert shown == {50: 1, 100: 1, 101: 1, 200: 1, 201: 2, 300: 2, 301: 3, 400: 3, 401: 1}
    assert versions.shown(201, is_pinned=False).number == 1
    assert [one.number for one in versions.in_force(250)] == [1, 3, 2]
    assert [one.number for one in versions.in_force(401)] == [1]
    # A clock that steps back makes no turn before another.
    assert versions.and_turn(2, 5).turns[-1].since == 401
