"""Any part of an archive is what stands there in the whole, however it's read and wherever the files are."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.errors import Problem, ProblemKind
from listenlink.media.archive import ArchiveAudio
from listenlink.media.checksum import sum_and_close
from listenlink.media.disk.drafts import Drafts
from listenlink.media.disk.places import list_places
from listenlink.media.disk.room import Room
from listenlink.media.storage import Audio
from listenlink.model.archive import ArchivedFile, ArchiveLayout
from listenlink.threads import NoThread


class Held:
    """An object that gives no more at a time than so many bytes; it notes what it was asked for."""

    def __init__(self, data: bytes, most: int) -> None:
        self.data, self.most = data, most
        self.asked: list[tuple[int, int, int]] = []

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        self.asked.append((length, offset, following))
        return self.data[offset : offset + min(length, self.most)]


class Objects:
    """Stored objects by their digests, here a letter; those missing are gone."""

    def __init__(self, files: list[bytes], most: int = 1000) -> None:
        self.held = {bytes([place]): Held(data, most) for place, data in enumerate(files)}
        self.opened: list[bytes] = []
        self.problems: list[Exception] = []
        self.layout = ArchiveLayout(
            [
                ArchivedFile(f"{place}", digest, len(held.data), zlib.crc32(held.data), 0)
                for place, (digest, held) in enumerate(self.held.items())
            ]
        )

    async def open_audio(self, digest: bytes) -> Audio:
        if self.problems:
            raise self.problems.pop(0)
        self.opened.append(digest)
        if digest not in self.held:
            raise FileNotFoundError
        return self.held[digest]

    def audio(self) -> ArchiveAudio:
        return ArchiveAudio(self.layout, self.open_audio)


def read_all(objects: Objects, step: int = 7, start: int = 0) -> bytes:
    async def read() -> bytes:
        audio, read = objects.audio(), b""
        while chunk := await audio.read(step, start + len(read), 10**6):
            read += chunk
        return read

    return asyncio.run(read())


FILES = st.lists(st.binary(max_size=60), max_size=4)


@given(FILES, st.integers(1, 20), st.data())
def test_a_part_is_what_stands_there_in_the_whole(
    files: list[bytes], most: int, data: st.DataObject
) -> None:
    objects = Objects(files, most)
    whole = read_all(objects, 10**6)
    assert len(whole) == objects.layout.size_bytes
    start = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(1, len(whole) - start))

    async def read() -> bytes:
        audio = objects.audio()
        await audio.open_at(start, length)
        return await audio.read(length, start)

    assert asyncio.run(read()) == whole[start : start + length]
    assert read_all(objects, data.draw(st.integers(1, 50)), start) == whole[start:]


def test_a_file_is_asked_for_nothing_beyond_its_end() -> None:
    objects = Objects([b"x" * 100, b"y" * 50], most=30)
    read_all(objects, 40)
    for held in objects.held.values():
        assert all(
            offset + length + after <= len(held.data) for length, offset, after in held.asked
        )
    # One after the other, each once.
    assert objects.opened == [b"\0", b"\1"]


async def test_only_the_first_file_that_a_part_needs_is_opened_beforehand() -> None:
    objects = Objects([b"x" * 100, b"y" * 50])
    directory = objects.layout.size_bytes - 10
    for start, length, opened in (
        (0, 10, []), (0, 31, []), (0, 32, [b"\0"]), (130, 5, [b"\0"]), (131, 31, []),
        (131, 200, [b"\1"]), (directory, 10, []),
    ):  # fmt: skip
        objects.opened.clear()
        await objects.audio().open_at(start, length)
        assert objects.opened == opened, (start, length)


async def test_what_is_gone_at_the_beginning_is_said_and_later_cuts() -> None:
    objects = Objects([b"x" * 100, b"y" * 50])
    objects.problems = [Problem(ProblemKind.STORAGE_UNAVAILABLE)]
    with pytest.raises(Problem):
        await objects.audio().open_at(0, 200)
    del objects.held[b"\1"]
    audio = objects.audio()
    await audio.open_at(0, objects.layout.size_bytes)
    assert len(await audio.read(1000, 0)) == 131 + 31
    assert audio.number == 0
    assert await audio.read(1000, 131 + 31) == b""
    with pytest.raises(FileNotFoundError):
        await audio.open_at(131 + 31, 1)


async def test_whoever_has_begun_waits_for_a_thread() -> None:
    objects = Objects([b"x" * 100])
    objects.problems = [NoThread(ProblemKind.UNAVAILABLE)] * 3
    assert len(await objects.audio().read(100, 0)) == 100


def test_a_draft_knows_its_checksum_however_it_arrives(tmp_path: Path) -> None:
    for folder in ("uploads", "objects"):
        (tmp_path / folder).mkdir()
    drafts = Drafts(tmp_path, Room(list_places(tmp_path, has_objects=True), 0))
    draft = drafts.begin()
    assert draft.crc32 == 0
    for chunk in (b"a" * 1_100_000, b"", b"b"):
        draft.write(chunk)
    whole = b"a" * 1_100_000 + b"b"
    assert draft.crc32 == zlib.crc32(whole)
    copy = drafts.begin_from(draft.path)
    assert (copy.crc32, copy.digest) == (zlib.crc32(whole), draft.digest)
    copy.take_in()
    assert copy.crc32 == zlib.crc32(whole)
    assert sum_and_close(copy.descriptor) == (draft.digest, zlib.crc32(whole))
