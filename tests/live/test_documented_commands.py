"""What docs/operating.md has of commands for backup, restore and moving does, to the letter, what it says.

Run as they stand there, by a shell, with this machine's places for the folders that they name.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import servers
from cast import Server, clean_environment, share, upload
from engines import POSTGRESQL, SQLITE, of_sqlite
from live.forked_program import forked_program
from media.make_audio import make
from object_storage import CREDENTIALS, ObjectStorage

pytestmark = of_sqlite
DOCS = Path(__file__).parents[2] / "docs" / "operating.md"
SHARED = "/v1/music/shared/"


def commands(section: str) -> list[str]:
    """The blocks of commands below a heading."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## )", DOCS.read_text(), re.M | re.S)
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


class Place:
    """A machine with the folders and programs that the commands name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "backup").mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name in ("pg_dump", "pg_restore", "psql"):
            (programs / name).symlink_to(servers.postgres_program(name))

    def run(self, block: str, **settings: str) -> str:
        """Run the block; what it printed. Nothing may fail, nor be complained of."""
        for name in ("/backup", "/var/lib/listenlink"):
            block = re.sub(
                rf"(?<![\w.]){name}\b", f"{self.folder}/{name.rpartition('/')[2]}", block
            )
        environment = clean_environment(**settings) | CREDENTIALS
        environment["PATH"] = f"{self.folder / 'bin'}{os.pathsep}{environment['PATH']}"
        with forked_program(self.folder / "bin"):
            done = subprocess.run(
                ["sh", "-ec", block], env=environment, cwd=self.folder,
                capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
        assert done.returncode == 0, done.stderr
        complaints = [line for line in done.stderr.splitlines() if "error" in line.lower()]
        assert complaints == []
        return done.stdout


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def server(place: Place) -> Iterator[Server]:
    """An instance where the commands expect it, of nobody's serving."""
    (place.folder / "listenlink").mkdir()
    running = Server(place.folder / "listenlink" / "data", engine=SQLITE)
    running.create()
    yield running
    running.stop()


def put_in(server: Server, folder: Path) -> list[str]:
    """Two links to a new track; their ids and tokens."""
    server.start()
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "a.wav", sample_count=5000))
        links = [share(owner, song["id"]) for _ in range(2)]
    server.wait_until_derived()
    server.stop()
    return [links[0]["token"], links[1]["token"], links[1]["id"]]


def opened(server: Server, *tokens: str) -> list[int]:
    return [httpx.get(server.url + SHARED + token).status_code for token in tokens]


def test_backup_and_restore_of_a_folder(place: Place, server: Server) -> None:
    one, other, _ = put_in(server, place.folder)
    place.run(commands("Backup")[0])
    server.data.rename(place.folder / "lost")
    place.run(commands("Restore")[0])
    server.start()
    assert opened(server, one, other) == [200, 200]


def test_moving_then_dump_and_restore_of_postgresql(
    place: Place, server: Server, object_storage: ObjectStorage
) -> None:
    one, other, other_id = put_in(server, place.folder)
    url = servers.new_database(servers.postgres())
    bucket = object_storage.url(f"documented/{secrets.token_hex(6)}")
    settings = {"DATABASE_URL": url, "STORAGE_URL": bucket}
    moving = commands("Moving")
    assert [block.split()[1] for block in moving] == ["move", "move-audio"]
    for block in moving:
        place.run(block, **settings)
    shutil.rmtree(server.data / "objects")
    moved = Server(server.data, settings, engine=POSTGRESQL)
    moved.organization_id, moved.api_key = server.organization_id, server.api_key
    moved.start()
    assert opened(moved, one, other) == [200, 200]
    audio = httpx.get(moved.url + SHARED + one).json()["track"]["playback_url"]
    assert httpx.get(audio).content == (place.folder / "a.wav").read_bytes()
    _, dump = commands("Backup")
    place.run(dump, **settings)
    with moved.owner() as owner:
        owner.delete(f"/share/{other_id}").raise_for_status()
    assert opened(moved, one, other) == [200, 404]
    moved.stop()
    counted = "SELECT outcome, count(*) FROM audit GROUP BY 1 ORDER BY 1"
    assert moved.query(counted) == [(1, 4), (5, 1)]

    _, empty, restore = commands("Restore")
    fresh = moved.settings | {"DATABASE_URL": servers.new_database(servers.postgres())}
    place.run(empty, **settings)
    for stored in (settings, fresh):
        place.run(restore, **stored)
        restored = Server(moved.data, dict(stored), engine=POSTGRESQL)
        assert restored.query(counted) == [(1, 3)]
    moved.start()
    assert opened(moved, one, other) == [200, 200], "as old as the dump"
    moved.stop()
