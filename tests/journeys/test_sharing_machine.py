"""Whatever is done in whatever order, the program does what the plain model of sharing says.

The ordinary suite takes some 600 steps, `LISTENLINK_TEST_FULL=1` 10,000. The seed is printed;
`LISTENLINK_TEST_SEED` takes the same steps again. The group commit, the database and the signatures are
real, and the time is the test's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from journeys.sharing_machine import HOUR_US, PICKS, Sharing
from journeys.sharing_model import DAY_US
from journeys.sharing_world import World, new_world
from listenlink.actions import manage_collections, manage_library, manage_links, manage_tracks
from listenlink.model.library import Wanted
from listenlink.model.listing import Slice
from listenlink.running.adding_up import add_up_opens
from trust.figures import figure
from trust.figures import seed as given_seed

STEPS = 10_000 if os.environ.get("LISTENLINK_TEST_FULL") == "1" else 600
STEPS_A_LIFE = 50
EVERY_OUTCOME = {
    "OPENED", "VIEWED", "RENEWED", "REMOVED", "REVOKED", "EXPIRED", "NOT_STARTED", "SPENT",
}  # fmt: skip
SECOND_US = 10**6
PASSED_US = some.sampled_from(
    [1, SECOND_US - 1, SECOND_US, 60 * SECOND_US, 299 * SECOND_US, HOUR_US, 6 * HOUR_US, DAY_US]
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The instance that the machine drives; on another database only this differs."""
    made = new_world(tmp_path)
    yield made
    made.close()


class Life(Sharing):
    """A creator's whole life: links, and all that they lead to."""

    taken: ClassVar[int] = 0

    @rule(pick=PICKS)
    def take_out_and_keep(self, pick: int) -> None:
        if not self.model.tracks:
            return
        track = self.model.tracks[pick % len(self.model.tracks)]
        if track in self.model.saved:
            self.world.run(manage_library.take_out(self.database, self.friend, track))
            del self.model.saved[track]
        if track in self.model.library:
            self.world.run(manage_library.take_out(self.database, self.creator, track))
            self.model.library.remove(track)
        else:
            keeping = manage_library.keep_track(
                self.database, self.creator, track, self.model.now_us
            )
            assert self.world.run(keeping).source == "own"
            self.model.library.append(track)

    @precondition(lambda self: self.model.tracks)
    @rule(pick=PICKS)
    def delete_track(self, pick: int) -> None:
        if pick % 2:
            return
        track = self.model.tracks[pick % len(self.model.tracks)]
        storage = self.world.instance.running.storage
        self.world.run(
            manage_tracks.delete_track(
                self.database, storage, self.creator, track, self.model.now_us
            )
        )
        self.model.delete_track(track)

    @precondition(lambda self: self.model.collections)
    @rule(pick=PICKS)
    def delete_collection(self, pick: int) -> None:
        if pick % 3:  # Else there would hardly ever be a full one.
            return
        collection = list(self.model.collections)[pick % len(self.model.collections)]
        storage = self.world.instance.running.storage
        self.world.run(
            manage_collections.delete_collection(
                self.database, storage, self.creator, collection, self.model.now_us
            )
        )
        del self.model.collections[collection]

    @precondition(lambda self: self.model.collections and self.model.tracks)
    @rule(pick=PICKS, is_out=some.booleans())
    def put_into_collection_or_take_out(self, pick: int, is_out: bool) -> None:
        collection = list(self.model.collections)[pick % len(self.model.collections)]
        track = self.model.tracks[pick % len(self.model.tracks)]
        members, now_us = self.model.collections[collection], self.model.now_us
        them = (self.database, self.creator, collection, track, now_us)
        if is_out:
            self.world.run(manage_collections.remove_track(*them))
            if track in members:
                members.remove(track)
        else:
            self.world.run(manage_collections.add_track(*them))
            if track not in members:
                members.append(track)

    @precondition(lambda self: self.model.collections and self.model.tracks)
    @rule(pick=PICKS, order=some.permutations(range(6)), named=some.integers(0, 6))
    def reorder(self, pick: int, order: list[int], named: int) -> None:
        """Named are also tracks that aren't in it."""
        collection = list(self.model.collections)[pick % len(self.model.collections)]
        tracks = self.model.tracks
        wanted = [tracks[place] for place in order[:named] if place < len(tracks)]
        members = self.model.collections[collection]
        self.world.run(
            manage_collections.reorder(
                self.database, self.creator, collection, wanted, self.model.now_us
            )
        )
        first = [track for track in wanted if track in members]
        members[:] = first + [track for track in members if track not in first]

    @rule(passed_us=PASSED_US)
    def time_passes(self, passed_us: int) -> None:
        self.model.now_us += passed_us
        self.world.clock.set_us = self.model.now_us

    @precondition(lambda self: self.has_links)
    @rule(before_us=some.integers(0, 1))
    def time_comes_to_a_links_start_or_end(self, before_us: int) -> None:
        """To the very microsecond, or the one before; then each link is looked at."""
        now_us, links = self.model.now_us, self.model.links
        moments = [at for link in links for at in (link.starts_at, link.expires_at) if at]
        if coming := [at for at in moments if at - before_us > now_us]:
            self.time_passes(min(coming) - before_us - now_us)
            for link in links:
                self.look_at(link)

    @precondition(lambda self: self.has_links)
    @rule(pick=PICKS, passed_us=PASSED_US)
    def listen(self, pick: int, passed_us: int) -> None:
        """As listeners do: open, play, go on some time later."""
        self.open(pick, [True])
        if self.sessions:
            self.time_passes(passed_us)
            self.renew(0, 1)
        if self.playbacks:
            self.play(pick)

    @rule(pick=PICKS, is_track=some.booleans(), passed_us=PASSED_US)
    def share_and_listen(self, pick: int, is_track: bool, passed_us: int) -> None:
        self.share(pick, is_track, days=1 + pick % 3, opens=1 + pick % 2, starts=None)
        if self.has_links:
            self.listen(pick, passed_us)

    @rule()
    def opens_are_added_up(self) -> None:
        self.world.run(add_up_opens(self.world.instance, 10**6))

    @precondition(lambda self: self.playbacks)
    @rule(pick=PICKS)
    def play(self, pick: int) -> None:
        for playback in (*self.playbacks[-5:], self.playbacks[pick % len(self.playbacks)]):
            assert self.world.may_play(playback.signed) == self.model.may_play(playback)

    @precondition(lambda self: self.playbacks)
    @rule(pick=PICKS)
    def what_plays_gets_a_new_address(self, pick: int) -> None:
        self.give_new_address(self.playbacks[-1].session.link)
        self.play(pick)

    @invariant()
    def links_are_told_as_they_are(self) -> None:
        type(self).taken += 1
        now_us = self.model.now_us
        told = self.world.run(
            manage_links.list_links(self.database, self.creator, None, None, now_us, Slice(100))
        )
        assert {link.share.id: (link.share.opens, link.share.state(now_us).value) for link in told.items} == {
            link.id: (link.opens, link.state(now_us)) for link in self.model.links
        }  # fmt: skip

    @invariant()
    def libraries_and_collections_hold_what_they_should(self) -> None:
        for owner, tracks in ((self.creator, self.model.library), (self.friend, self.model.saved)):
            kept = self.world.run(
                manage_library.list_tracks(self.database, owner, Wanted(), Slice(100))
            )
            assert {track.id for track in kept.items} == set(tracks)
        for collection, members in self.model.collections.items():
            told = self.world.run(
                manage_collections.list_members(self.database, self.creator, collection, Slice(100))
            )
            assert [member.track_id for member in told.items] == members


@pytest.mark.timeout(900)
def test_sharing_does_what_the_model_says(world: World) -> None:
    number = given_seed()
    print(f"LISTENLINK_TEST_SEED={number}")
    Sharing.world, Life.taken = world, 0
    Sharing.seen.clear()
    # How long a life gets is left to Hypothesis.
    while Life.taken < STEPS:
        run_state_machine_as_test(
            seed(number)(Life),
            settings=settings(
                max_examples=STEPS // STEPS_A_LIFE,
                stateful_step_count=STEPS_A_LIFE,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        number += 1
    print(f"{Life.taken} steps: {dict(Life.seen)}")
    figure("steps", Life.taken)
    assert set(Life.seen) == EVERY_OUTCOME or STEPS < 10_000
