"""The folder of audio: bytes and row both or neither, equal bytes once, nothing left by a crash."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.draft import Draft
from listenlink.media.disk.places import make_folders
from listenlink.media.folder.folder import Folder

SONG = b"RIFF" + bytes(range(256)) * 400
DIGEST = hashlib.sha256(SONG).digest()


class Rows:
    """What the database would know: the digests whose rows are committed."""

    def __init__(self) -> None:
        self.committed: set[bytes] = set()

    def commit(self) -> str:
        self.committed.add(DIGEST)
        return "committed"

    def is_kept(self, digest: bytes) -> bool:
        return digest in self.committed


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    make_folders(tmp_path)
    yield (made := Folder(tmp_path))
    made.stop_serving()


def written(folder: Folder, data: bytes = SONG) -> Draft:
    draft = folder.drafts.begin()
    for start in range(0, len(data), 30_000):
        draft.write(data[start : start + 30_000])
    return draft


def objects(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "objects").rglob("*") if path.is_file())


def uploads(root: Path) -> list[str]:
    """Drafts and marks; the lock files stay."""
    return sorted(path.name for path in (root / "uploads").iterdir() if path.name[0] != ".")


def read_back(folder: Folder, digest: bytes = DIGEST) -> bytes:
    with os.fdopen(folder.open_object(digest), "rb") as file:
        return file.read()


def test_a_draft_measures_what_was_written(folder: Folder, tmp_path: Path) -> None:
    draft = written(folder)
    assert (draft.size_bytes, draft.digest) == (len(SONG), DIGEST)
    assert draft.path.read_bytes() == SONG
    assert draft.path.stat().st_mode & 0o777 == 0o600
    draft.discard()
    assert (uploads(tmp_path), objects(tmp_path)) == ([], [])


def test_what_is_published_is_there_with_its_row_and_no_draft(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    seen: list[bytes] = []

    def commit() -> str:
        seen.append(read_back(folder))
        return rows.commit()

    assert folder.publish([written(folder)], commit, rows.is_kept) == "committed"
    assert seen == [SONG]  # the row is committed only when its bytes are there
    assert read_back(folder) == SONG
    assert objects(tmp_path) == [DIGEST.hex()]
    assert uploads(tmp_path) == []
    assert folder.object_path(DIGEST).stat().st_nlink == 1


@pytest.mark.parametrize(
    "error", [Problem(ProblemKind.UNAVAILABLE), KeyboardInterrupt(), OSError()]
)
def test_a_row_that_is_not_committed_leaves_no_bytes(
    folder: Folder, rows: Rows, tmp_path: Path, error: BaseException
) -> None:
    def commit() -> None:
        raise error

    with pytest.raises(type(error)):
        folder.publish([written(folder)], commit, rows.is_kept)
    assert (uploads(tmp_path), objects(tmp_path)) == ([], [])
    with pytest.raises(FileNotFoundError):
        folder.open_object(DIGEST)


def test_a_commit_that_fails_after_all_was_kept_keeps_the_bytes(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    """A commit may report a failure and have happened: what the database says counts."""

    def commit() -> None:
        rows.commit()
        raise Problem(ProblemKind.UNAVAILABLE)

    with pytest.raises(Problem):
        folder.publish([written(folder)], commit, rows.is_kept)
    assert (uploads(tmp_path), read_back(folder)) == ([], SONG)


def test_when_nobody_can_say_whether_bytes_are_kept_the_next_start_decides(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    """The database is gone in the middle: neither the commit nor the question after it is answered."""

    def gone(*_: object) -> bool:
        raise Problem(ProblemKind.UNAVAILABLE)

    with pytest.raises(Problem):
        folder.publish([written(folder)], gone, gone)
    folder.start_serving(rows.is_kept)
    assert (uploads(tmp_path), objects(tmp_path)) == ([], [])


def test_equal_bytes_are_one_object_and_other_bytes_another(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    for _ in range(2):
        folder.publish([written(folder)], rows.commit, rows.is_kept)
    assert objects(tmp_path) == [DIGEST.hex()]
    folder.publish([written(folder, SONG + b"x")], rows.commit, rows.is_kept)
    assert len(objects(tmp_path)) == 2
    assert read_back(folder) == SONG


def test_a_second_upload_that_fails_leaves_the_first_ones_bytes(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    def commit() -> None:
        raise Problem(ProblemKind.UNAVAILABLE)

    folder.publish([written(folder)], rows.commit, rows.is_kept)
    with pytest.raises(Problem):
        folder.publish([written(folder)], commit, rows.is_kept)
    assert (uploads(tmp_path), read_back(folder)) == ([], SONG)


def test_only_bytes_that_nothing_needs_are_removed(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    folder.publish([written(folder)], rows.commit, rows.is_kept)
    folder.remove_objects([DIGEST, b"\0" * 32], rows.is_kept)
    assert objects(tmp_path) == [DIGEST.hex()]
    rows.committed.clear()
    folder.remove_objects([DIGEST, DIGEST], rows.is_kept)
    assert objects(tmp_path) == []


# Publishes in a process of its own, which dies in the middle of the commit, before or after it happened.
_CRASH = """
import os, sys
from pathlib import Path
from listenlink.media.folder.folder import Folder
folder = Folder(Path(sys.argv[1]))
draft = folder.drafts.begin()
draft.write(Path(sys.argv[2]).read_bytes())
if sys.argv[3] == "publish":
    folder.publish([draft], lambda: os._exit(9), lambda digest: False)
os._exit(9)
"""


@pytest.mark.parametrize("has_row", [False, True])
def test_the_next_start_cleans_up_after_a_crash(
    folder: Folder, rows: Rows, tmp_path: Path, has_row: bool
) -> None:
    (tmp_path / "song").write_bytes(SONG)
    for moment in ("publish", "arrive"):
        command = [sys.executable, "-c", _CRASH, str(tmp_path), str(tmp_path / "song"), moment]
        assert subprocess.run(command, check=False, timeout=30).returncode == 9
    assert len(uploads(tmp_path)) == 2
    assert objects(tmp_path) == [DIGEST.hex()]
    if has_row:
        rows.commit()
    folder.start_serving(rows.is_kept)
    assert uploads(tmp_path) == []
    assert objects(tmp_path) == ([DIGEST.hex()] if has_row else [])


def test_a_start_beside_a_running_server_leaves_its_uploads_alone(
    folder: Folder, rows: Rows, tmp_path: Path
) -> None:
    folder.start_serving(rows.is_kept)
    draft = written(folder)
    second = Folder(tmp_path)
    second.start_serving(rows.is_kept)
    assert uploads(tmp_path) == [draft.path.name]
    folder.publish([draft], rows.commit, rows.is_kept)
    assert read_back(second) == SONG
    left = written(folder)
    folder.stop_serving()
    third = Folder(tmp_path)
    third.start_serving(rows.is_kept)  # the second one serves still
    assert uploads(tmp_path) == [left.path.name]
    second.stop_serving()
    third.stop_serving()
    third.start_serving(rows.is_kept)  # now nobody else does
    assert uploads(tmp_path) == []
    third.stop_serving()


def test_a_full_disk_is_told_as_such_and_leaves_nothing(folder: Folder, tmp_path: Path) -> None:
    draft = folder.drafts.begin()
    draft.write(SONG)
    full = os.open("/dev/full", os.O_WRONLY)  # the kernel's own ENOSPC
    os.dup2(full, draft.descriptor)
    os.close(full)
    with pytest.raises(Problem) as told:
        draft.write(SONG)
    assert told.value.kind is ProblemKind.STORAGE_FULL
    assert (draft.size_bytes, draft.digest) == (len(SONG), DIGEST)
    draft.discard()
    assert uploads(tmp_path) == []


def test_another_failure_of_the_disk_is_not_called_full(folder: Folder) -> None:
    draft = folder.drafts.begin()
    read_only = os.open("/dev/null", os.O_RDONLY)
    os.dup2(read_only, draft.descriptor)
    os.close(read_only)
    with pytest.raises(OSError) as told:  # noqa: PT011
        draft.write(SONG)
    assert told.value.errno == errno.EBADF
    draft.discard()
