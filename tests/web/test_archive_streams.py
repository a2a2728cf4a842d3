"""When an archive that is being sent is cut: as a stream of the track whose file is being sent would be."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from listenlink.actions.play_track import TrackPlayer
from listenlink.actions.take_archive import ArchivePlaying
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.media.archive_url import OwnArchive, SharedArchive
from listenlink.media.signed_url import OwnPlayback, SharedPlayback
from listenlink.model.archive import ArchivedFile, ArchiveLayout
from listenlink.model.client_address import client_address, parse_address
from listenlink.model.recipe import Embedded, Recipe, write_recipe
from listenlink.model.share import Life
from listenlink.store.archives import TakenCollection, TakenFile
from listenlink.store.opening.playback import Playable
from listenlink.web.public.audio_streams import AudioStreams
from listenlink.web.ranges import Part

MEGABYTE = 1024 * 1024
SHARED = SharedArchive(1, 0, 5, 2_000_000_000, 2_000_000_009)
TRACKS = (10, 11, 12)


class Zeros:
    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        return bytes(length)


class Reader:
    """Which tracks the link leads to now; `asked` are those that were asked about."""

    def __init__(self) -> None:
        self.leads_to = set(TRACKS)
        self.asked: list[int] = []

    async def find_shared(self, share_id: int, track_id: int, version: int) -> Playable | None:
        self.asked.append(track_id)
        life = Life(0, None, None, None, None)
        return Playable(b"", 1, "audio/wav", life) if track_id in self.leads_to else None

    async def find_own(self, user_id: int, track_id: int, version: int) -> Playable | None:
        return await self.find_shared(user_id, track_id, version)


async def no_manifest(file: TakenFile) -> None:
    """None of the files has one in it."""


def archive(leave: SharedArchive | OwnArchive = SHARED) -> ArchivePlaying:
    files = tuple(
        TakenFile(track, "Song", 0, 1, track, bytes([track]) * 32, MEGABYTE, "audio/wav", 0)
        for track in TRACKS
    )
    layout = ArchiveLayout([ArchivedFile(f"{f.track_id}", f.digest, MEGABYTE, 0, 0) for f in files])
    return ArchivePlaying(leave, TakenCollection("All", files), layout, no_manifest)


async def test_a_file_with_another_manifest_by_now_is_not_sent_as_part_of_this_archive() -> None:
    old, new = bytes([7]) * 32, bytes([8]) * 32
    file = TakenFile(1, "Song", 0, 1, 1, bytes(32), 1, "audio/wav", 0, old, 8, 0)
    layout = ArchiveLayout([ArchivedFile("Song", old, 8, 0, 0)])
    recipe = write_recipe(Recipe([b"manifest"]))
    storage = cast(Any, SimpleNamespace(open_audio=lambda _: asyncio.sleep(0, Zeros())))

    async def begin(digest: bytes | None) -> bytes:
        async def find(file: TakenFile) -> Embedded | None:
            return None if digest is None else Embedded(recipe, 8, digest, 0)

        playing = ArchivePlaying(SHARED, TakenCollection("All", (file,)), layout, find)
        start = 30 + len("Song")
        audio = await playing.open(storage, start, 8)
        return await audio.read(8, start)

    assert await begin(old) == b"manifest"
    for gone in (new, None):
        with pytest.raises(Problem):
            await begin(gone)


async def sent(playing: ArchivePlaying, reader: Reader, without: int, after: int) -> int:
    """How many bytes arrive if the link leads to this track no more after so many."""
    streams = AudioStreams(1, TrackPlayer(cast(Any, None), reader_of(reader)), Clock())
    storage = cast(Any, SimpleNamespace(open_audio=lambda _: asyncio.sleep(0, Zeros())))
    taken = 0

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        nonlocal taken
        taken += len(message["body"])
        if taken >= after:
            reader.leads_to.discard(without)

    address = parse_address("203.0.113.1")
    assert address is not None
    whole = Part(200, 0, playing.playable.size_bytes)
    with streams.place(client_address(address)) as stream:
        audio = await playing.open(storage, whole.start, whole.length)
        await streams.send(stream, audio, playing, whole, receive, send)
    return taken


def reader_of(reader: Reader) -> Any:
    return reader


async def test_it_is_whole_while_all_of_it_may_be_taken() -> None:
    reader, playing = Reader(), archive()
    assert await sent(playing, reader, 0, 0) == playing.playable.size_bytes
    assert set(reader.asked) == set(TRACKS)
    assert reader.asked == sorted(reader.asked)


async def test_it_is_cut_at_the_file_of_a_track_that_is_gone() -> None:
    # While it's sent.
    assert MEGABYTE // 2 <= await sent(archive(), Reader(), 10, MEGABYTE // 2) < MEGABYTE * 0.6
    # Before its turn comes, and not before.
    got = await sent(archive(), Reader(), 12, MEGABYTE // 2)
    assert 2 * MEGABYTE <= got < 2.1 * MEGABYTE
    # What was sent already is theirs.
    playing = archive()
    assert await sent(playing, Reader(), 10, 1.5 * MEGABYTE) == playing.playable.size_bytes  # type: ignore[arg-type]


async def test_it_lasts_until_the_sessions_end() -> None:
    player = TrackPlayer(cast(Any, None), reader_of(Reader()))
    for leave, ends_at in ((SHARED, SHARED.ends_at), (OwnArchive(3, 4, 2_000_000_000), None)):
        playing = archive(leave)
        assert await player.may_go_on(playing, 1_900_000_000 * SECOND_US)
        assert await player.may_go_on(playing, 2_100_000_000 * SECOND_US) == (ends_at is None)
        if ends_at is not None:
            assert await player.may_go_on(playing, ends_at * SECOND_US - 1)
            assert not await player.may_go_on(playing, ends_at * SECOND_US)


async def test_it_permits_what_its_url_names() -> None:
    assert archive().playback == SharedPlayback(1, 0, 5, 2_000_000_000, 2_000_000_009, 10)
    assert archive(OwnArchive(3, 4, 9)).playback == OwnPlayback(3, 10, 9)
    assert not archive().is_object
