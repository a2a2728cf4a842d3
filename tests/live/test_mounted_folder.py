"""An instance on a disk that is mounted where its folder is to be: made and restored whole, or not at all."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Server, run_forked
from engines import SQLITE, of_sqlite
from listenlink.actions.fill_folder import filling

pytestmark = of_sqlite


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with what new ones have at their root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here: that needs root")
    (folder / "lost+found").mkdir()
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_made_and_restored_on_a_mounted_disk(disk: Path, tmp_path: Path) -> None:
    (disk / ".new").mkdir()  # What a kill left.
    made = Server(disk, engine=SQLITE)
    made.create()
    assert names(disk) == {"lost+found", "listenlink.db", "objects", "secrets", "uploads"}
    assert disk.stat().st_mode & 0o777 == 0o700
    again = run_forked("init", "--data", str(disk))
    assert (again.returncode, "already an instance" in again.stderr) == (1, True)
    done = run_forked("backup", "--data", str(disk), "--to", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    for path in (disk / "listenlink.db", *disk.glob("listenlink.db-*")):
        path.unlink()
    full = run_forked("restore", "--from", str(tmp_path / "backup"), "--data", str(disk))
    assert (full.returncode, "isn't an empty folder" in full.stderr) == (1, True)
    subprocess.run(["sh", "-ec", 'rm -r "$0"/objects "$0"/secrets "$0"/uploads', disk], check=True)
    done = run_forked("restore", "--from", str(tmp_path / "backup"), "--data", str(disk))
    assert done.returncode == 0, done.stderr
    assert names(disk) == {"lost+found", "listenlink.db", "objects", "secrets", "uploads"}


def test_a_disk_that_takes_nothing_is_one_line(disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    for folder in (disk, disk / "deep" / "data"):
        done = run_forked("init", "--data", str(folder))
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert "read-only file system (EROFS); nothing was changed" in done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_what_fails_midway_leaves_nothing(tmp_path: Path, is_there: bool) -> None:
    data = tmp_path / "data"
    if is_there:
        data.mkdir()

    def fail() -> None:
        with filling(data, "new") as draft:
            (draft / "listenlink.db").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert names(tmp_path) == ({"data"} if is_there else set())
    assert not is_there or names(data) == set()
