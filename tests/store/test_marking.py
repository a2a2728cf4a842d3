"""What is read of files and signed for versions, behind the upload and after the fact: once, whatever happens
meanwhile."""

from __future__ import annotations

import asyncio
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from listenlink.clock import Clock
from listenlink.media import manifests as media
from listenlink.model.mark import Ai, Mark
from listenlink.running.make_manifest import BY_CREATOR, BY_ENGINE
from listenlink.running.mark_audio import AudioMarker
from listenlink.store import marking, marks
from media.claimed import STUDIO, claim, created, key_of
from media.make_audio import make
from store.marked_place import SERVER, Later, MarkedPlace, action, read, registry_of
from trust.figures import FULL, figure

pytestmark = pytest.mark.usefixtures("forked_children")
GENERATED = Mark(Ai.GENERATED, "studio")
SAYS = registry_of(studio=Ai.GENERATED)
TRACKS = 1000 if FULL else 12


@pytest.fixture
def place(tmp_path: Path) -> Iterator[MarkedPlace]:
    made = MarkedPlace(tmp_path)
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = make("wav16", tmp_path_factory.mktemp("song") / "song.wav", sample_count=22_050)
    return path.read_bytes()


def numbered(song: bytes, number: int) -> bytes:
    """The same sound, in other bytes."""
    return song + b"LIST" + (8).to_bytes(4, "little") + number.to_bytes(8, "little")


def test_what_an_engine_made_is_signed_for(place: MarkedPlace, song: bytes) -> None:
    place.add(1, song, GENERATED)
    marker = place.mark_all(SAYS)
    manifest = place.manifest(1)
    assert manifest is not None
    assert (manifest.ai, marker.signed, marker.read) == (Ai.GENERATED, 1, 1)
    told = read(song, manifest.content)
    assert told["validation_state"] == "Valid"
    own = told["manifests"][told["active_manifest"]]
    assert own["title"] == "Song 1"
    assert own["claim_generator_info"][0]["name"] == "Listenlink"
    assert own["signature_info"]["common_name"] == SERVER
    said = action(told)
    assert (said["action"], said["softwareAgent"]["name"]) == ("c2pa.created", "Studio")
    assert (said["digitalSourceType"], said["description"]) == (
        Ai.GENERATED.source_type,
        BY_ENGINE,
    )


def test_it_is_signed_once_and_again_only_when_more_is_known(
    place: MarkedPlace, song: bytes
) -> None:
    place.add(1, song, Mark(Ai.NONE, "studio"))
    assert place.mark_all(registry_of(studio=None)).signed == 0
    assert place.manifest(1) is None
    assert place.mark_all(registry_of(studio=Ai.ASSISTED)).signed == 1
    first = place.manifest(1)
    assert first is not None
    assert first.ai is Ai.ASSISTED
    assert place.mark_all(registry_of(studio=Ai.ASSISTED)).signed == 0
    assert place.manifest(1) == first
    assert place.mark_all(SAYS).signed == 1
    second = place.manifest(1)
    assert second is not None
    assert second.ai is Ai.GENERATED
    # Less is never signed again.
    assert place.mark_all(registry_of(studio=Ai.NONE)).signed == 0
    assert place.manifest(1) == second


def test_what_a_creator_declares_is_said_as_theirs(place: MarkedPlace, song: bytes) -> None:
    place.add(1, song, Mark(Ai.NONE, "own_recording"), made_with="own_recording")
    registry = registry_of(own_recording=Ai.NONE)
    assert place.mark_all(registry).signed == 0
    place.database.write_now(lambda c: marks.declare_ai(c, 1, Ai.ASSISTED))
    place.mark_all(registry)
    manifest = place.manifest(1)
    assert manifest is not None
    said = action(read(song, manifest.content))
    assert said["digitalSourceType"] == Ai.ASSISTED.source_type
    assert said["description"] == BY_CREATOR
    assert "softwareAgent" not in said


def test_a_newer_version_says_what_is_known_of_the_piece(place: MarkedPlace, song: bytes) -> None:
    place.add(1, song, GENERATED)
    other = numbered(song, 2)
    place.add(1, other, Mark(Ai.NONE, "own_recording"), made_with="own_recording", version=2)
    assert place.mark_all(SAYS).signed == 2
    manifest = place.manifest(1, 2)
    assert manifest is not None
    assert manifest.ai is Ai.GENERATED
    assert read(other, manifest.content)["validation_state"] == "Valid"
    assert read(song, manifest.content)["validation_state"] == "Invalid"


@pytest.mark.parametrize("is_broken", [False, True])
def test_what_a_file_says_is_known_and_not_signed_for(
    place: MarkedPlace, song: bytes, tmp_path: Path, is_broken: bool
) -> None:
    """A manifest that doesn't hold says it as well, in nobody's name."""
    path = tmp_path / "claimed.wav"
    path.write_bytes(song)
    content = bytearray(claim(path).read_bytes())
    content[100] ^= is_broken
    place.add(1, bytes(content), Mark(Ai.NONE, "own_recording"), made_with="own_recording")
    place.mark_all(registry_of(own_recording=Ai.NONE))
    mark = place.mark(1)
    assert (mark.by_file, mark.file_says) == (Ai.GENERATED, None if is_broken else STUDIO)
    assert mark.signed is Ai.NONE
    assert place.manifest(1) is None
    assert place.unread() == []


def test_a_files_own_manifest_is_what_ours_is_based_on(
    place: MarkedPlace, song: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "claimed.wav"
    path.write_bytes(song)
    content = claim(path, created(Ai.ASSISTED.source_type or "")).read_bytes()
    place.add(1, content, GENERATED)
    place.mark_all(SAYS)
    manifest = place.manifest(1)
    assert manifest is not None
    told = read(content, manifest.content)
    assert told["validation_state"] == "Valid"
    own = told["manifests"][told["active_manifest"]]
    (ingredient,) = own["ingredients"]
    assert ingredient["relationship"] == "parentOf"
    theirs = told["manifests"][ingredient["active_manifest"]]
    assert theirs["signature_info"]["common_name"] == STUDIO
    assert action(told)["action"] == "c2pa.opened"
    assert place.mark(1).file_says == STUDIO


def test_what_a_file_says_beyond_that_is_not_signed(
    place: MarkedPlace, song: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "claimed.wav"
    path.write_bytes(song)
    content = claim(path).read_bytes()
    place.add(1, content, Mark(Ai.ASSISTED, "studio"))
    place.mark_all(registry_of(studio=Ai.ASSISTED))
    manifest = place.manifest(1)
    assert manifest is not None
    assert place.mark(1).told is Ai.GENERATED
    assert manifest.ai is Ai.ASSISTED
    assert action(read(content, manifest.content))["digitalSourceType"] == Ai.ASSISTED.source_type


@pytest.mark.timeout(900)
def test_two_nodes_do_nothing_twice_and_it_takes_little(place: MarkedPlace, song: bytes) -> None:
    for number in range(1, TRACKS + 1):
        place.add(number, numbered(song, number), GENERATED)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()

    async def work() -> list[AudioMarker]:
        nodes = [place.marker(SAYS) for _ in range(2)]

        async def work_on(node: AudioMarker) -> None:
            # A node that finds nothing may have been outrun by the other just then.
            for _ in range(3):
                while await node.mark_next():
                    pass

        await asyncio.gather(*map(work_on, nodes))
        return nodes

    nodes = asyncio.run(work())
    took = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - largest) / 1024
    figure("tracks signed for", TRACKS)
    figure("seconds for each", round(took / TRACKS, 2))
    figure("grown by MB", round(grown))
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{TRACKS} tracks in {took:.1f} s, grown by {grown:.0f} MB, a child has {child:.0f} MB")
    assert sum(node.signed for node in nodes) == TRACKS
    assert sum(node.read for node in nodes) == TRACKS
    assert all(place.manifest(number) for number in range(1, TRACKS + 1))
    assert grown < 64


def test_what_a_dead_node_had_begun_is_begun_again_later(place: MarkedPlace, song: bytes) -> None:
    place.add(1, song, GENERATED)
    clock = Clock()
    now_us = clock.now_us()
    assert place.database.write_now(lambda c: marking.begin_reading(c, 1, now_us))
    assert not place.database.write_now(lambda c: marking.begin_reading(c, 1, now_us))
    assert place.mark_all(SAYS).read == 0
    later_us = now_us + 11 * 60 * 1_000_000
    found = place.database.read_now(lambda c: marking.find_unread(c, later_us))
    assert found is not None
    assert place.database.write_now(lambda c: marking.begin_reading(c, 1, later_us))


def test_what_a_node_can_not_make_waits(
    place: MarkedPlace, song: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library nothing is read, and what engines say is known all the same."""
    place.add(1, song, Mark(Ai.NONE, "studio"))
    monkeypatch.setattr(media, "is_able", lambda: False)
    marker = place.mark_all(SAYS)
    assert (marker.is_able, marker.lacks) == (False, "no_library")
    assert (marker.read, place.unread()) == (0, [1])
    assert place.mark(1).by_engine is Ai.GENERATED
    monkeypatch.undo()
    without = AudioMarker(place.database, place.storage, SAYS, Clock(), None)
    assert without.lacks == "no_key"
    assert place.mark_all(SAYS).signed == 1


def test_with_certificates_that_have_ended_nothing_is_signed(
    place: MarkedPlace, song: bytes
) -> None:
    place.add(1, song, GENERATED)
    marker = place.mark_all(SAYS, clock=Later(), key=key_of(SERVER))
    assert (marker.lacks, marker.read, marker.signed) == ("certificate_not_valid", 1, 0)


def test_what_is_gone_or_damaged_is_not_signed_for(place: MarkedPlace, song: bytes) -> None:
    for number in (1, 2, 3):
        place.add(number, numbered(song, number), GENERATED)
    objects = sorted((place.folder / "objects").rglob("*"))
    files = [path for path in objects if path.is_file()]
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-1])
    place.mark_all(SAYS)
    assert sum(place.manifest(number) is not None for number in (1, 2, 3)) == 1
