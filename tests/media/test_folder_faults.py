"""What the disk under the audio can refuse, and audio whose bytes can't have two names."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.prepare_folder import prepare_folder
from listenlink.errors import ProblemKind, RefusesToStart
from listenlink.media.disk.faults import StorageFault
from listenlink.media.disk.places import make_folders
from listenlink.media.folder.folder import Folder
from media.test_folder import DIGEST, SONG, Rows, objects, read_back, uploads, written

FULL = {errno.ENOSPC, errno.EDQUOT}
FAULTS = [
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO, errno.ENOTDIR, errno.ESTALE,
    errno.ENOENT, errno.ELOOP, errno.ENOTCONN,
]  # fmt: skip
NO_LINKS = [errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    make_folders(tmp_path)
    return Folder(tmp_path)


def failing(number: int) -> Callable[..., None]:
    def fail(*arguments: Any, **more: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.__getitem__)
@pytest.mark.parametrize("call", ["link", "fsync", "write", "open"])
def test_whatever_the_disk_answers_is_a_problem_and_leaves_nothing(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    rows = Rows()
    draft = written(folder)
    asked: dict[str, Callable[[], object]] = {
        "open": folder.drafts.begin,
        "write": lambda: draft.write(SONG),
        "fsync": lambda: folder.publish([draft], rows.commit, rows.is_kept),
        "link": lambda: folder.publish([draft], rows.commit, rows.is_kept),
    }
    with monkeypatch.context() as patched:
        patched.setattr(os, call, failing(number))
        with pytest.raises(StorageFault) as caught:
            asked[call]()
    kind = ProblemKind.STORAGE_FULL if number in FULL else ProblemKind.STORAGE_UNAVAILABLE
    assert caught.value.kind is kind
    assert caught.value.reason == errno.errorcode[number]
    assert caught.value.place == ("objects" if call == "link" else "uploads")
    assert caught.value.details == {}
    draft.discard()
    assert (uploads(tmp_path), objects(tmp_path), rows.committed) == ([], [], set())
    assert list((tmp_path / "objects").rglob(".*")) == []


@pytest.mark.parametrize("number", NO_LINKS, ids=errno.errorcode.__getitem__)
def test_without_links_the_bytes_are_copied(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    rows = Rows()
    monkeypatch.setattr(os, "link", failing(number))
    for _ in range(2):
        folder.publish([written(folder)], rows.commit, rows.is_kept)
    assert read_back(folder) == SONG
    assert objects(tmp_path) == [DIGEST.hex()]
    assert folder.object_path(DIGEST).stat().st_mode & 0o777 == 0o600
    again = folder.drafts.begin_from(folder.object_path(DIGEST))
    assert again.digest == DIGEST
    again.discard()
    assert uploads(tmp_path) == []


def test_a_crash_while_copying_leaves_nothing_after_the_next_start(
    folder: Folder, tmp_path: Path
) -> None:
    target = folder.object_path(DIGEST)
    target.parent.mkdir()
    half = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
    half.write_bytes(SONG[:100])
    (tmp_path / "uploads" / f"{DIGEST.hex()}-{secrets.token_hex(4)}").write_bytes(SONG)
    folder.start_serving(lambda digest: False)
    folder.stop_serving()
    assert (uploads(tmp_path), objects(tmp_path)) == ([], [])


def test_trying_to_write_leaves_nothing(folder: Folder, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    folder.check_writing()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that other users can come to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("place", ["objects", "objects/ab", "secrets"])
def test_folders_of_another_user_are_found(open_folder: Path, place: str) -> None:
    """As after a restore or a copy that root made."""
    data = open_folder / "data"
    make_folders(data)
    folder = Folder(data)
    (data / "objects" / "ab").mkdir()
    (data / "secrets").mkdir()
    for path in (data, *data.rglob("*")):
        os.chown(path, 65534, 65534)
    os.chown(data / place, 0, 0)
    (data / place).chmod(0o755)
    os.seteuid(65534)
    try:
        (warning,) = prepare_folder(data, has_objects=True)
        if place == "secrets":
            folder.check_writing()
        else:
            with pytest.raises(StorageFault) as caught:
                folder.check_writing()
            assert prepare_folder(data, has_objects=False) == []
            assert (caught.value.place, caught.value.reason) == ("objects", "EACCES")
    finally:
        os.seteuid(0)
    whose = f"({data / place} is root's, and this is nobody)"
    assert warning == f"{data / place} can't be written to: permission denied {whose} (EACCES)"


def test_what_is_missing_is_made_with_its_parents(tmp_path: Path) -> None:
    data = tmp_path / "volume" / "listenlink" / "data"
    assert prepare_folder(data, has_objects=False) == []
    assert sorted(path.name for path in data.iterdir()) == ["objects", "uploads"]
    assert data.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("at", ["", "volume", "volume/data/uploads"])
def test_what_cannot_be_made_is_one_line(tmp_path: Path, at: str) -> None:
    data = tmp_path / "volume" / "data"
    in_the_way = tmp_path / (at or "volume/data")
    in_the_way.parent.mkdir(parents=True, exist_ok=True)
    in_the_way.write_text("")
    with pytest.raises(RefusesToStart) as caught:
        prepare_folder(data, has_objects=True)
    assert "\n" not in str(caught.value)
    assert str(in_the_way) in str(caught.value)
