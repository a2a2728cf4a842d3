"""`listenlink upload` of a large file: in pieces, going on after a cut and when it's run again."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

import fork_server
from cast import LISTENLINK, Server, clean_environment
from lossy_proxy import LossyProxy, lossy_proxy
from media.make_audio import make
from pieces import TUS, left_behind

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 42 MB."""
    path = tmp_path_factory.mktemp("audio") / "Long Evening.wav"
    return make("wav16", path, sample_count=10_500_000)


def environment(proxy: LossyProxy, server: Server, state: Path) -> dict[str, str]:
    settings = {"SERVER": proxy.url, "API_KEY": server.api_key}
    return clean_environment(**settings) | {"XDG_STATE_HOME": str(state)}


def upload(song: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return fork_server.run(("upload", str(song), "--engine", "studio", "--json"), environment)


def counted(proxy: LossyProxy, method: str) -> int:
    return sum(line.startswith(method) for line in proxy.requests)


def test_a_large_file_goes_on_after_each_cut(server: Server, song: Path, tmp_path: Path) -> None:
    before = server.query("SELECT count(*) FROM tracks")[0][0]
    with lossy_proxy(server.port) as proxy:
        proxy.cuts = [10 * MIB, 5 * MIB, 20 * MIB]
        done = upload(song, environment(proxy, server, tmp_path))
    assert done.returncode == 0, done.stderr
    track: dict[str, Any] = json.loads(done.stdout)
    assert track["title"] == "Long Evening"
    assert track["measured_duration_seconds"] == pytest.approx(10_500_000 / 44_100, abs=0.001)
    assert server.query("SELECT count(*) FROM tracks")[0][0] == before + 1
    assert counted(proxy, "POST") == 1
    assert counted(proxy, "PATCH") >= 5
    assert left_behind(server) == (0, [])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_the_same_command_goes_on_with_what_was_begun_or_begins_anew(
    server: Server, owner: httpx.Client, song: Path, tmp_path: Path, is_forgotten: bool
) -> None:
    before = server.query("SELECT count(*) FROM tracks")[0][0]
    with lossy_proxy(server.port) as proxy:
        told = environment(proxy, server, tmp_path)
        command = [*LISTENLINK, "upload", str(song), "--engine", "studio", "--json"]
        first = subprocess.Popen(command, env=told, stdout=subprocess.DEVNULL)
        draft = wait_for_bytes(server, 8 * MIB)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        arrived = draft.stat().st_size
        (note,) = (path for path in tmp_path.rglob("*") if path.is_file())
        assert note.parent.stat().st_mode & 0o777 == 0o700
        if is_forgotten:
            forget(owner, "/uploads/" + note.read_text().rpartition("/")[2])
        again = upload(song, told)
    assert again.returncode == 0, again.stderr
    assert arrived >= 8 * MIB
    assert counted(proxy, "POST") == (2 if is_forgotten else 1)
    assert server.query("SELECT count(*) FROM tracks")[0][0] == before + 1
    assert left_behind(server) == (0, [])


def forget(owner: httpx.Client, path: str) -> None:
    """End an upload, once the server noticed that nobody sends any more."""
    for _ in range(200):
        if owner.delete(path, headers=TUS).status_code == 204:
            return
        time.sleep(0.05)
    raise AssertionError("somebody works on it")


def wait_for_bytes(server: Server, size_bytes: int) -> Path:
    """The draft, once so much of it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for draft in (server.data / "uploads").glob("resumable-*"):
            if draft.stat().st_size >= size_bytes:
                return draft
        time.sleep(0.002)
    raise AssertionError("nothing arrives")
