"""Audio on another file system than the rest of the folder is taken in there. What that file system doesn't
take is refused in the envelope, and the operator is told where and why."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from engines import of_folder
from media.make_audio import make
from shorter_waits import READY_REMEMBERED, REMEMBERED_SECONDS, shorter
from stored import drafts, stored_audio

pytestmark = of_folder
SHM = Path("/dev/shm")  # noqa: S108 (another file system, on every Linux)
SOON_SECONDS = 10.0
Made = Callable[..., Server]


def mount(folder: Path, *options: str) -> None:
    subprocess.run(["mount", *options, str(folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB that can be made read-only."""
    folder = tmp_path / "disk"
    folder.mkdir()
    trial = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(trial, check=False, capture_output=True).returncode:
        pytest.skip("a file system can't be mounted here: that needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Makes an instance of which these folders are elsewhere; not served any more in the end."""
    servers: list[Server] = []

    def make_elsewhere(**elsewhere: Path) -> Server:
        # What the disk itself says is tried here, not what stays free.
        waits = shorter(READY_REMEMBERED)
        server = Server(tmp_path / "data", {"KEEP_FREE_BYTES": "0"}, waits)
        server.create()
        for name, place in elsewhere.items():
            (server.data / name).rmdir()
            (place / name).mkdir(mode=0o700, exist_ok=True)
            (server.data / name).symlink_to(place / name)
        servers.append(server)
        return server

    yield make_elsewhere
    for server in servers:
        server.stop()


def send(owner: httpx.Client, path: Path) -> httpx.Response:
    return owner.post(
        "/tracks", data={"engine": "studio"}, files={"file": (path.name, path.read_bytes())}
    )


def state_of_storage(server: Server) -> tuple[int, str]:
    time.sleep(REMEMBERED_SECONDS)  # so long it tells what it found last
    told = httpx.get(server.url + "/readyz", timeout=5)
    return told.status_code, told.json()["checks"]["storage"]


def faults(server: Server) -> list[dict[str, Any]]:
    """What the log says of the disk; it says nothing that nobody foresaw."""
    assert server.log is not None
    lines = [json.loads(line) for line in server.log.read_text().splitlines() if line[:1] == "{"]
    assert [line for line in lines if line["event"] == "unexpected"] == []
    return [line for line in lines if line["event"] == "storage_fault"]


def test_audio_arrives_on_another_file_system(made: Made, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=SHM) as elsewhere:
        server = made(objects=Path(elsewhere))
        assert Path(elsewhere).stat().st_dev != server.data.stat().st_dev
        server.start()
        with server.owner() as owner:
            song = make("aiff", tmp_path / "a.aiff", sample_count=30_000)
            track, again = upload(owner, song), upload(owner, song)
            server.wait_until_derived()
            link = share(owner, track["id"])
            path = httpx.URL(link["url"]).path
            url = httpx.get(server.url + path).json()["track"]["playback_url"]
            assert len(httpx.get(url).content) > 1000
            assert state_of_storage(server) == (200, "ok")
            assert len(stored_audio(server)) == 2, "as uploaded, and the rendition"
            for each in (track, again):
                owner.delete(f"/tracks/{each['id']}").raise_for_status()
        assert stored_audio(server) == {}
        assert drafts(server) == []
        assert faults(server) == []
        server.stop()  # Its audio goes with this folder.


@pytest.fixture
def server(made: Made, disk: Path) -> Server:
    """Its audio is on `disk`."""
    running = made(objects=disk)
    running.start()
    return running


def test_a_disk_that_takes_nothing_and_comes_back(
    server: Server, tmp_path: Path, disk: Path
) -> None:
    song = make("wav16", tmp_path / "a.wav", sample_count=5000)
    with server.owner() as owner:
        track = upload(owner, song)
        gone = upload(owner, make("wav16", tmp_path / "b.wav", sample_count=6000))
        server.wait_until_derived()
        path = httpx.URL(share(owner, track["id"])["url"]).path
        mount(disk, "-o", "remount,ro")
        other = make("wav16", tmp_path / "c.wav", sample_count=30_000)
        assert refused(owner, other) == "STORAGE_UNAVAILABLE"
        assert state_of_storage(server) == (503, "not_writable: objects (EROFS)")
        url = httpx.get(server.url + path).json()["track"]["playback_url"]
        assert httpx.get(url).content == song.read_bytes()
        owner.delete(f"/tracks/{gone['id']}").raise_for_status()
        assert told(server) == [("objects", "EROFS")] * 2, "once for each, however often it's tried"
        assert len(stored_audio(server)) == 2
        mount(disk, "-o", "remount,rw")
        wait_until_gone(server, 1)
        fill(disk / "filler")
        assert refused(owner, other) == "STORAGE_FULL"
        assert state_of_storage(server) == (503, "full")
        assert told(server)[2:] == [("objects", "ENOSPC")]
        (disk / "filler").unlink()
        assert len(stored_audio(server)) == 1, "no half of it"
        assert drafts(server) == []
        upload(owner, other)
    assert state_of_storage(server) == (200, "ok")


def refused(owner: httpx.Client, song: Path) -> str:
    """What an upload is refused with."""
    answer = send(owner, song)
    code = str(answer.json()["error"]["code"])
    assert answer.status_code == (507 if code == "STORAGE_FULL" else 503), answer.text
    assert int(answer.headers["retry-after"]) >= 1
    return code


def told(server: Server) -> list[tuple[str, str]]:
    return [(line["place"], line["errno"]) for line in faults(server)]


def wait_until_gone(server: Server, left: int) -> None:
    """Until what was deleted while the disk was read-only is gone from it."""
    deadline = time.monotonic() + SOON_SECONDS
    while len(stored_audio(server)) > left:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_uploads_where_nothing_can_arrive(server: Server, tmp_path: Path, disk: Path) -> None:
    data = make("wav16", tmp_path / "a.wav", sample_count=5000).read_bytes()
    tus = {"Tus-Resumable": "1.0.0", "Upload-Metadata": "engine c3R1ZGlv"}
    more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    uploads, away = server.data / "uploads", server.data / "away"
    with server.owner() as owner:
        begun = owner.post("/uploads", headers=tus | {"Upload-Length": str(len(data))})
        assert begun.status_code == 201
        place = server.url + httpx.URL(begun.headers["location"]).path
        shutil.copytree(uploads, disk / "uploads")
        uploads.rename(away)
        uploads.symlink_to(disk / "uploads")
        mount(disk, "-o", "remount,ro")
        answers = [
            owner.post("/tracks", data={"engine": "studio"}, files={"file": ("a.wav", data)}),
            owner.post("/uploads", headers=tus | {"Upload-Length": "9"}),
            owner.patch(place, headers=tus | more, content=data),
        ]
        for answer in answers:
            assert answer.status_code == 503, answer.text
            assert answer.json()["error"]["code"] == "STORAGE_UNAVAILABLE"
        assert owner.delete(place, headers=tus).status_code == 503
        assert state_of_storage(server) == (503, "not_writable: uploads (EROFS)")
        assert set(told(server)) == {("uploads", "EROFS")}
        mount(disk, "-o", "remount,rw")
        uploads.unlink()
        away.rename(uploads)
        again = owner.patch(place, headers=tus | more, content=data)
        assert again.status_code == 204
    assert state_of_storage(server) == (200, "ok")


def test_a_start_says_what_cannot_be_written(made: Made, disk: Path) -> None:
    server = made(objects=disk)
    mount(disk, "-o", "remount,ro")
    server.launch()
    assert server.log is not None
    for _ in range(400):
        try:
            ready = httpx.get(server.url + "/readyz", timeout=5)
            break
        except httpx.TransportError:
            time.sleep(0.05)
    assert (ready.status_code, ready.json()["status"]) == (503, "degraded")
    (line,) = [line for line in server.log.read_text().splitlines() if line[:1] != "{"]
    assert line == (
        f"listenlink: {server.data}/objects can't be written to: read-only file system (EROFS)"
    )


def refusal(server: Server) -> str:
    done = run_forked("serve", "--data", str(server.data), "--port", str(server.port))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("listenlink: ")
    return done.stderr


def test_a_start_is_refused_where_nothing_could_arrive(made: Made, disk: Path) -> None:
    server = made(uploads=disk)
    mount(disk, "-o", "remount,ro")
    assert f"{server.data}/uploads can't be written to: read-only file system (EROFS)" in refusal(
        server
    )
    mount(disk, "-o", "remount,rw")
    shutil.rmtree(disk / "uploads")
    assert f"uploads is a link to {disk}/uploads, which isn't there" in refusal(server)
    (server.data / "uploads").unlink()
    (server.data / "uploads").write_text("")
    assert f"{server.data}/uploads can't be made: file exists (EEXIST)" in refusal(server)
