"""Commands that copy audio stop before the disk is as full as it may get; the demonstration makes its own."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from sqlalchemy import func, select

import fork_server
from cast import Server, clean_environment, upload
from engines import of_folder
from listenlink import demo
from listenlink.actions.create_instance import create_instance
from listenlink.actions.find_instance import locate_database
from listenlink.cli import demo_library, demonstration, room_words
from listenlink.settings import Settings
from listenlink.store.tables import tracks
from media.make_audio import make
from object_storage import CREDENTIALS, ObjectStorage
from small_disk import MB, leave_free, small_disk

pytestmark = of_folder
EVERYTHING = {"KEEP_FREE_BYTES": str(10**15)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An instance with some audio, which isn't served any more."""
    made = Server(tmp_path_factory.mktemp("instance") / "data")
    made.create()
    made.start()
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=400_000)
    with made.owner() as owner:
        upload(owner, song)
    made.wait_until_derived()
    made.stop()
    return made


def refusal(server: Server, *arguments: str, **settings: str) -> str:
    done = fork_server.run(arguments, clean_environment(**settings) | CREDENTIALS)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "too little would stay free on its disk (LISTENLINK_KEEP_FREE_BYTES)" in done.stderr
    return done.stderr


def test_a_backup_and_what_is_there_of_an_earlier_one(server: Server, tmp_path: Path) -> None:
    to, data = tmp_path / "backup", str(server.data)
    assert refusal(server, "backup", "--data", data, "--to", str(to), **EVERYTHING)
    assert sorted(path.name for path in to.iterdir()) == [".lock"]
    assert server.cli("backup", "--to", str(to)).returncode == 0
    before = {path: path.read_bytes() for path in to.rglob("*") if path.is_file()}
    refusal(server, "backup", "--data", data, "--to", str(to), **EVERYTHING)
    assert {path: path.read_bytes() for path in to.rglob("*") if path.is_file()} == before
    refusal(server, "restore", "--from", str(to), "--data", str(tmp_path / "new"), **EVERYTHING)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup"], "nothing is left"


def test_a_backup_on_another_disk_that_is_too_small_for_the_audio(
    server: Server, tmp_path: Path
) -> None:
    """The database fits in, and one file of audio doesn't."""
    with small_disk(tmp_path / "disk", 12) as disk:
        leave_free(disk, 2 * MB)
        to = disk / "backup"
        settings = {"KEEP_FREE_BYTES": str(MB)}
        refusal(server, "backup", "--data", str(server.data), "--to", str(to), **settings)
        assert [path.name for path in to.rglob("*") if path.is_file()] == [".lock"]


def test_audio_that_is_moved(server: Server, tmp_path: Path, object_storage: ObjectStorage) -> None:
    bucket, data = object_storage.url("room-for-commands"), str(server.data)
    there = fork_server.run(
        ("move-audio", "--data", data, "--from", "folder", "--to", bucket),
        clean_environment(**EVERYTHING) | CREDENTIALS,
    )
    assert there.returncode == 0, "the bucket's disk isn't ours"
    files = [path for path in (server.data / "objects").rglob("*") if path.is_file()]
    kept = {path: path.read_bytes() for path in files}
    for path in files:
        path.unlink()
    back = ("move-audio", "--data", data, "--from", bucket, "--to", "folder")
    assert "uploads: " in refusal(server, *back, **EVERYTHING)
    assert not [path for path in (server.data / "objects").rglob("*") if path.is_file()]
    assert not list((server.data / "uploads").glob(".moving-*"))
    for path, content in kept.items():
        path.write_bytes(content)


def test_the_demonstration_makes_its_music_where_no_upload_is_taken_in(
    tmp_path: Path,
) -> None:
    """And no more than that: what is served then has the floor that was set."""
    settings = Settings(data=tmp_path / "demo", keep_free_bytes=10**15)
    location = locate_database(settings)
    create_instance(location, "Demo", demo_library.EMAIL, 1)
    links, _, _ = asyncio.run(demonstration._prepare(settings))
    assert links is not None
    with contextlib.closing(location.open()) as database:
        counted = database.read_now(lambda c: c.execute(select(func.count(tracks.c.id))).scalar())
    assert counted == len(demo.PIECES)
    (line,) = room_words.low_lines(settings)
    assert line.startswith(f"no upload is taken in: {settings.data}/uploads has ")
    assert line.endswith("have to stay free (LISTENLINK_KEEP_FREE_BYTES); links open")
