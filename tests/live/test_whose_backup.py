"""A backup belongs to one instance: no other's replaces it, whatever is said on the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from cast import Server, run_forked
from engines import SQLITE, of_sqlite
from listenlink.actions.back_up_instance import back_up as back_up_instance
from listenlink.clock import Clock
from listenlink.errors import RefusesToStart

pytestmark = of_sqlite


def made(folder: Path) -> Server:
    server = Server(folder, engine=SQLITE)
    server.create()
    return server


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two instances."""
    folder = tmp_path_factory.mktemp("two")
    return made(folder / "one").data, made(folder / "other").data


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def back_up(data: Path, to: Path) -> str:
    """What is said if it's refused; nothing if it's done."""
    try:
        back_up_instance(data, to, False, Clock().now_us())
    except RefusesToStart as refusal:
        return str(refusal)
    return ""


def forget_id(to: Path) -> None:
    """The backup as an earlier release made it."""
    manifest = json.loads((to / "backup.json").read_text())
    del manifest["instance"]
    (to / "backup.json").write_text(json.dumps(manifest))
    with sqlite3.connect(to / manifest["database"]) as database:
        database.execute("DROP TABLE instance")
    database.close()


@pytest.mark.parametrize("how", ["as it is", "of an earlier release", "without a manifest"])
def test_another_instance_s_backup_is_refused(
    two: tuple[Path, Path], tmp_path: Path, how: str
) -> None:
    own, other = two
    to = tmp_path / "backup"
    assert back_up(other, to) == ""
    if how == "of an earlier release":
        forget_id(to)
    elif how == "without a manifest":
        (to / "backup.json").unlink()
    before = contents(to)
    assert back_up(own, to) == f"{to} holds the backup of another instance than {own}"
    assert contents(to) == before
    assert back_up(other, to) == ""


def test_a_backup_that_cannot_be_matched_is_refused(two: tuple[Path, Path], tmp_path: Path) -> None:
    own, _ = two
    to = tmp_path / "backup"
    assert back_up(own, to) == ""
    forget_id(to)
    (database,) = to.glob("listenlink-*.db")
    database.write_bytes(b"\0" * 8192)
    assert "it can't be told whether" in back_up(own, to)


def test_a_restored_instance_goes_on_with_its_backup(
    two: tuple[Path, Path], tmp_path: Path
) -> None:
    own, _ = two
    to = tmp_path / "backup"
    assert back_up(own, to) == ""
    for name in ("restored", "again"):
        done = run_forked("restore", "--from", str(to), "--data", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        assert back_up(tmp_path / name, to) == ""


def test_another_instance_is_not_restored_over(two: tuple[Path, Path], tmp_path: Path) -> None:
    own, other = two
    data, to = tmp_path / "data", tmp_path / "backup"
    shutil.copytree(other, data)
    before = contents(data)
    assert back_up(own, to) == ""
    done = run_forked("restore", "--from", str(to), "--data", str(data))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    refused = run_forked("backup", "--data", str(data), "--to", str(to))
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "isn't an empty folder; nothing was changed" in done.stderr
    assert contents(data) == before


def test_every_table_is_counted(two: tuple[Path, Path], tmp_path: Path) -> None:
    """By the command, which has fewer parts of the program in hand than these tests."""
    to = tmp_path / "backup"
    assert run_forked("backup", "--data", str(two[0]), "--to", str(to)).returncode == 0
    manifest = json.loads((to / "backup.json").read_text())
    database = sqlite3.connect(to / manifest["database"])
    counted = {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith("sqlite")
    }
    database.close()
    assert manifest["rows"] == counted
    assert counted["instance"] == counted["users"] == 1
