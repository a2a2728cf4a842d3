"""What is on the disk before something else happens: bytes before their name, names before their row, all
before an answer. A power cut shows it; here the order of the calls does."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.receive_chunk import Chunk, receive_chunk, require_fitting
from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.places import make_folders
from listenlink.media.disk.resumable_drafts import ResumableDrafts
from listenlink.media.disk.room import Room
from listenlink.media.folder.folder import Folder
from listenlink.media.folder.folder_objects import FolderObjects
from listenlink.media.folder.object_copies import ObjectCopies, copy_checked
from listenlink.secret_keys import SIGNING_FILE, create_keys
from media.test_folder import DIGEST, SONG, written

Call = tuple[str, str]


class Calls:
    """What was asked of the disk, in order, each with the name of the file it was about."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made: list[Call] = []
        self._patch = patch
        for name in ("fsync", "write", "pwrite"):
            self._watch(name, lambda descriptor, *_: Path(f"/proc/self/fd/{descriptor}").readlink())
        for name in ("link", "rename", "replace"):
            self._watch(name, lambda _, target, *__: os.fspath(target))

    def _watch(self, name: str, told: Any) -> None:
        real = getattr(os, name)

        def watched(*arguments: Any, **more: Any) -> Any:
            about = str(told(*arguments))
            done = real(*arguments, **more)
            self.made.append((name, about))
            return done

        self._patch.setattr(os, name, watched)

    def refuse_links(self) -> None:
        """As between two file systems."""

        def refuse(*_: object) -> None:
            raise OSError(errno.EXDEV, "another file system")

        self._patch.setattr(os, "link", refuse)

    def place(self, call: str, about: str) -> int:
        """When the first such call was made about a file whose path ends like this."""
        return next(
            n for n, (name, path) in enumerate(self.made) if name == call and path.endswith(about)
        )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    make_folders(tmp_path)
    return Folder(tmp_path)


@pytest.fixture
def calls(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(monkeypatch)


@pytest.mark.parametrize("links", [True, False])
def test_bytes_then_names_then_the_row(folder: Folder, calls: Calls, links: bool) -> None:
    if not links:
        calls.refuse_links()
    draft = written(folder)
    bytes_at = draft.path.name

    def commit() -> None:
        calls.made.append(("commit", ""))

    folder.publish([draft], commit, lambda _: True)
    name = DIGEST.hex()
    committed = calls.place("commit", "")
    marked = next(n for n, (call, to) in enumerate(calls.made) if call == "rename" and name in to)
    named = calls.place("link" if links else "replace", f"/objects/{name[:2]}/{name}")
    assert calls.place("fsync", bytes_at) < marked
    assert marked < calls.place("fsync", "/uploads") < named
    for synced in (f"/objects/{name[:2]}", "/objects"):
        assert named < calls.place("fsync", synced) < committed
    if not links:
        (half,) = {to for call, to in calls.made if call == "fsync" and f".{name}-" in to}
        assert calls.place("fsync", half) < named


def test_of_two_that_publish_one_waits(folder: Folder) -> None:
    """Across processes: the lock is the file's."""

    def commit() -> bool:
        beside = os.open(
            folder.object_path(DIGEST).parents[2] / "uploads" / ".publishing", os.O_RDWR
        )
        try:
            fcntl.flock(beside, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(beside)
        return False

    assert folder.publish([written(folder)], commit, lambda _: True)


@pytest.mark.parametrize("breaks_off", [False, True])
async def test_a_piece_is_on_the_disk_before_it_is_answered(
    tmp_path: Path, calls: Calls, breaks_off: bool
) -> None:
    drafts = ResumableDrafts(tmp_path, Room({}))
    drafts.create(1)
    draft = drafts.open(1)
    assert draft is not None

    async def arriving() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield SONG
        if breaks_off:
            raise ConnectionError

    piece = Chunk(arriving(), None)
    if breaks_off:
        with pytest.raises(ConnectionError):
            await receive_chunk(draft, 10 * len(SONG), piece)
    else:
        await receive_chunk(draft, 10 * len(SONG), piece)
    draft.close()
    assert [call for call, _ in calls.made][-2:] == ["pwrite", "fsync"]
    assert draft.path.read_bytes() == 3 * SONG


def test_copies_are_on_the_disk(tmp_path: Path, calls: Calls) -> None:
    song = tmp_path / "song"
    song.write_bytes(SONG)
    assert copy_checked(DIGEST, song, tmp_path / "out" / "restored", Room({}))
    assert calls.made[-1] == ("fsync", str(tmp_path / "out" / "restored"))
    assert not copy_checked(bytes(32), song, tmp_path / "out" / "damaged", Room({}))

    moved = FolderObjects(tmp_path / "moved")
    moved.put(DIGEST, song, "audio/wav")
    name = DIGEST.hex()
    half, named, _ = calls.made[-3:]
    assert half[0] == "fsync"
    assert f".{name}-" in half[1]
    assert named == ("replace", str(tmp_path / "moved" / "objects" / name[:2] / name))

    calls.refuse_links()
    assert ObjectCopies(tmp_path / "backup").add(DIGEST, song)
    place = tmp_path / "backup" / name[:2]
    assert calls.made[-2:] == [("fsync", str(place / f".{name}")), ("replace", str(place / name))]


def test_a_key_is_on_the_disk_before_it_is_used(tmp_path: Path, calls: Calls) -> None:
    create_keys(tmp_path / "secrets", SIGNING_FILE)
    assert calls.made[-1] == ("fsync", str(tmp_path / "secrets" / "signing-keys"))


@pytest.mark.parametrize("is_promised", [True, False])
async def test_of_a_piece_that_is_too_large_nothing_stays(
    tmp_path: Path, is_promised: bool
) -> None:
    make_folders(tmp_path)
    drafts = ResumableDrafts(tmp_path, Room({}))
    drafts.create(1)
    draft = drafts.open(1)
    assert draft is not None
    draft.append(SONG[:1000])
    asked = 0

    async def arriving() -> AsyncIterator[bytes]:
        nonlocal asked
        for _ in range(9):
            asked += 1
            yield SONG

    piece = Chunk(arriving(), 9 * len(SONG) if is_promised else None)

    async def receive() -> None:
        require_fitting(draft, 4 * len(SONG), piece)
        await receive_chunk(draft, 4 * len(SONG), piece)

    with pytest.raises(Problem) as told:
        await receive()
    draft.close()
    assert told.value.kind is ProblemKind.TOO_LARGE
    assert asked == (0 if is_promised else 4)
    assert draft.path.read_bytes() == SONG[:1000]


async def test_what_a_full_disk_did_not_take_is_not_followed_by_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_folders(tmp_path)
    drafts = ResumableDrafts(tmp_path, Room({}))
    drafts.create(1)
    draft = drafts.open(1)
    assert draft is not None
    real, full = os.pwrite, [False, True]

    def pwrite(*arguments: Any) -> int:
        if full and full.pop(0):
            raise OSError(errno.ENOSPC, "full")
        return real(*arguments)

    monkeypatch.setattr(os, "pwrite", pwrite)

    async def arriving() -> AsyncIterator[bytes]:
        for piece in range(4):
            yield bytes([piece]) * 300_000

    with pytest.raises(Problem):
        await receive_chunk(draft, 10_000_000, Chunk(arriving(), None))
    draft.close()
    assert draft.path.read_bytes() == bytes(300_000)
