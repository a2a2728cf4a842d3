"""Whatever is put in, declared, replaced, saved and learned, in whatever order: no mark is ever lost, and no
claim rises above the most that was said of that piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engines import new_backend
from listenlink.model.mark import Ai, Mark
from listenlink.store.database.database import Database
from store.mark_machine import Saved, Spot, Studio
from trust.figures import FULL
from trust.figures import seed as given_seed

SAYERS = ("by_engine", "by_creator", "by_file")
PICKS = some.integers(0, 99)
SOUNDS = some.integers(0, 3)
ENGINES = some.integers(0, 2)
AIS = some.sampled_from([*Ai])


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = new_backend(tmp_path_factory.mktemp("data")).open()
    yield opened
    opened.close()


class Making(RuleBasedStateMachine):
    """What was said, by whom, and of which version of which track; and what is known of each."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.studio = Studio(database)
        self.spots: list[Spot] = []
        self.saved: list[Saved] = []
        # Said of that very version, by a sayer of `SAYERS`.
        self.said: dict[Spot, dict[str, Ai]] = {}
        self.engines: dict[Spot, str] = {}
        self.before: dict[Spot, Mark] = {}

    def add(self, spot: Spot, engine: str, declared: Ai) -> None:
        """What is known of the same bytes there is known of these, too."""
        now_us = self.studio.now_us
        same = [one for one in self.spots if (one[2], one[3]) == (spot[2], spot[3])]
        known = self.studio.known([*same, spot])
        for other in same:
            for sayer in SAYERS:
                assert getattr(known[spot], sayer) >= getattr(known[other], sayer)
        self.spots.append(spot)
        self.engines[spot] = engine
        self.said[spot] = {
            "by_engine": self.studio.registry.ai(engine, now_us),
            "by_creator": declared,
            "by_file": Ai.NONE,
        }

    def pick(self, number: int) -> Spot:
        return self.spots[number % len(self.spots)]

    @initialize(sounds=some.lists(SOUNDS, min_size=2, max_size=4))
    def begin(self, sounds: list[int]) -> None:
        """With a track of several versions, which somebody has saved, the last of them current."""
        first, *more = sounds
        self.upload(0, first, 2, Ai.NONE)
        for sound in more:
            self.replace(0, sound, 2, is_current=True)
        self.save(0, is_pinned=False)

    @rule(whose=some.integers(0, 1), sound=SOUNDS, engine=ENGINES, declared=AIS)
    def upload(self, whose: int, sound: int, engine: int, declared: Ai) -> None:
        organization, made_with = self.studio.organizations[whose], self.studio.engines[engine]
        spot = self.studio.upload(organization, sound, made_with, declared)
        self.add(spot, made_with, declared)

    @precondition(lambda self: self.spots)
    @rule(pick=PICKS, sound=SOUNDS, engine=ENGINES, is_current=some.booleans())
    def replace(self, pick: int, sound: int, engine: int, is_current: bool) -> None:
        whose = self.pick(pick)
        number = sum(spot.track == whose.track for spot in self.spots) + 1
        made_with = self.studio.engines[engine]
        spot = self.studio.replace(whose, number, sound, made_with)
        self.add(spot, made_with, Ai.NONE)
        if is_current:
            self.studio.make_current(spot)

    @precondition(lambda self: self.spots)
    @rule(pick=PICKS)
    def make_any_version_current(self, pick: int) -> None:
        spot = self.pick(pick)
        if sum(one.track == spot.track for one in self.spots) > 1:
            self.studio.make_current(spot)

    @precondition(lambda self: self.spots)
    @rule(pick=PICKS, ai=AIS)
    def declare(self, pick: int, ai: Ai) -> None:
        self.studio.declare(self.pick(pick), ai)
        for spot in self.spots:
            if spot.track == self.pick(pick).track:
                self.said[spot]["by_creator"] = max(self.said[spot]["by_creator"], ai)

    @rule(engine=ENGINES, ai=some.none() | AIS)
    def say_of_engine(self, engine: int, ai: Ai | None) -> None:
        said_of = self.studio.engines[engine]
        self.studio.say_of_engine(said_of, ai)
        for spot, made_with in self.engines.items():
            if made_with == said_of:
                self.said[spot]["by_engine"] = max(self.said[spot]["by_engine"], ai or Ai.NONE)

    @precondition(lambda self: self.spots)
    @rule(pick=PICKS, ai=AIS)
    def read_a_file(self, pick: int, ai: Ai) -> None:
        sound = self.pick(pick).sound
        self.studio.read_file(sound, ai)
        for spot in self.spots:
            if spot.sound == sound:
                self.said[spot]["by_file"] = max(self.said[spot]["by_file"], ai)

    @precondition(lambda self: self.spots)
    @rule(pick=PICKS, is_pinned=some.booleans())
    def save(self, pick: int, is_pinned: bool) -> None:
        spot = self.pick(pick)
        if any(one.track == spot.track for one in self.saved):
            return
        friend = next(one for one in self.studio.organizations if one != spot.organization)
        self.saved.append(self.studio.save(spot, friend, is_pinned=is_pinned))

    @invariant()
    def no_mark_is_lost_and_no_claim_rises(self) -> None:
        known = self.studio.known(self.spots)
        for spot, mark in known.items():
            # What was said of it, or of a version before it, is known; what was known before still is.
            earlier = [one for one in self.spots if one[0] == spot[0] and one[1] <= spot[1]]
            for sayer in SAYERS:
                now = getattr(mark, sayer)
                assert now >= max(self.said[one][sayer] for one in earlier)
                if spot in self.before:
                    assert now >= getattr(self.before[spot], sayer)
                assert now <= max(self.said[one][sayer] for one in self.piece_of(spot))
            assert (mark.engine is None) <= (mark.by_engine is Ai.NONE)
            assert (mark.file_says is None) == (mark.by_file is Ai.NONE)
        self.before = known
        self.what_is_known_is_told()

    def what_is_known_is_told(self) -> None:
        """To whoever saved a copy, and on the page."""
        for saved in self.saved:
            (version, mark), page = self.studio.told(saved)
            assert page == (version, mark)
            (spot,) = [one for one in self.spots if one[:2] == (saved.track, version)]
            assert mark == self.before[spot]
            if not saved.is_pinned:
                assert version == self.studio.current(spot)

    def piece_of(self, spot: Spot) -> list[Spot]:
        """All that it can have come from: older versions of its track, and the same bytes in its
        organisation, and again what those can have come from."""
        found, left = [spot], [spot]
        while left:
            one = left.pop()
            more = [
                other
                for other in self.spots
                if other not in found
                and (
                    (other.track == one.track and other.version <= one.version)
                    or (other.organization, other.sound) == (one.organization, one.sound)
                )
            ]
            found += more
            left += more
        return found


def test_no_sequence_loses_a_mark_or_raises_a_claim(database: Database) -> None:
    print(f"LISTENLINK_TEST_SEED={given_seed()}")
    machine = settings(
        max_examples=300 if FULL else 12,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        database=None,
    )
    factory: Any = seed(given_seed())(lambda: Making(database))
    run_state_machine_as_test(factory, settings=machine)


def test_each_field_of_a_mark_is_somebodys() -> None:
    """A fourth that could say something has to be in the machine above."""
    assert {field.name for field in fields(Mark)} == {*SAYERS, "engine", "file_says"}


def test_bytes_from_a_later_version_bring_along_what_the_first_was_known_as(
    database: Database, tmp_path: Path
) -> None:
    """A changed copy, put in as a version and then once more as a track, is still of that piece."""
    studio = Studio(database)
    generating, _, recording = studio.engines
    studio.say_of_engine(generating, Ai.GENERATED)
    own, other = studio.organizations
    first = studio.upload(own, 1, generating, Ai.NONE)
    changed = studio.replace(first, 2, 2, recording)
    again = studio.upload(own, 2, recording, Ai.NONE)
    elsewhere = studio.upload(other, 2, recording, Ai.NONE)
    known = studio.known([changed, again, elsewhere])
    assert [known[one].told for one in (changed, again, elsewhere)] == [
        Ai.GENERATED,
        Ai.GENERATED,
        Ai.NONE,
    ]
