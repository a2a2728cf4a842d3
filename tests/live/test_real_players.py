"""Real media players with a link that opens once: they play, they jump, and it's one open.

FFmpeg is tried where it is; the others, which are large, in the long form (LISTENLINK_TEST_FULL=1).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, free_port, share, upload
from engines import of_folder
from journeys.seen import opens
from media.make_audio import make

pytestmark = of_folder
_FULL = "LISTENLINK_TEST_FULL" in os.environ
_MPV = ["mpv", "--no-config", "--ao=null", "--vo=null", "--really-quiet"]
_VLC = ["vlc", "-I", "dummy", "--no-dbus", "-q", "--aout=dummy", "--play-and-exit"]
# What jumps: a search in FLAC without a table asks for one place after another.
TRACK_PLAYERS = {
    "ffprobe": ["ffprobe", "-v", "error", "-show_entries", "format=duration", "URL"],
    "ffmpeg": ["ffmpeg", "-v", "error", "-ss", "20", "-i", "URL", "-t", "2", "-f", "null", "-"],
    "mpv": [*_MPV, "--start=20", "--length=1", "URL"],
    "mpv to the end": [*_MPV, "--untimed", "URL"],
    "vlc": [*_VLC, "--start-time=20", "--run-time=2", "URL"],
    "gstreamer": [
        "gst-launch-1.0", "-q", "souphttpsrc", "location=URL", "!", "decodebin", "!", "fakesink",
    ],
    "mplayer": ["mplayer", "-really-quiet", "-ao", "null", "-ss", "20", "-endpos", "1", "URL"],
}  # fmt: skip
LIST_PLAYERS = {
    "mpv": [*_MPV, "--length=1", "URL"],
    "vlc": [*_VLC, "--run-time=1", "URL"],
    "mplayer": ["mplayer", "-really-quiet", "-ao", "null", "-endpos", "1", "-playlist", "URL"],
}


METRICS = free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that tells how often audio was fetched from it."""
    folder = tmp_path_factory.mktemp("players")
    running = Server(folder / "data", {"METRICS_ADDRESS": f"127.0.0.1:{METRICS}"})
    running.create()
    running.start()
    yield running
    running.stop()


def fetched() -> int:
    """How many answers had audio in them."""
    text = httpx.get(f"http://127.0.0.1:{METRICS}/metrics", timeout=10).text
    found = re.search(r'listenlink_requests_total{door="audio",status="2xx"} (\d+)', text)
    assert found, text
    return int(found.group(1))


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("flac", tmp_path_factory.mktemp("audio") / "a.flac", sample_count=44_100 * 40)
    return upload(owner, path, title="Long")


def run(command: list[str], url: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a player to its end, as nobody where it refuses to be root."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} isn't installed")
    if command[0] not in ("ffprobe", "ffmpeg") and not _FULL:
        pytest.skip("of the long form: LISTENLINK_TEST_FULL=1")
    is_vlc_of_root = command[0] == "vlc" and os.getuid() == 0
    return subprocess.run(
        [url if part == "URL" else part.replace("=URL", f"={url}") for part in command],
        env=os.environ | {"HOME": "/nonexistent" if is_vlc_of_root else str(home)},
        user="nobody" if is_vlc_of_root else None,
        capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("player", TRACK_PLAYERS)
def test_a_track_plays_and_is_opened_once(
    owner: httpx.Client, song: dict[str, Any], tmp_path: Path, player: str
) -> None:
    link, before = share(owner, song["id"], max_opens=1), fetched()
    done = run(TRACK_PLAYERS[player], link["url"], tmp_path)
    assert done.returncode == 0, done.stderr
    if player == "ffprobe":
        assert "duration=40.000000" in done.stdout
    elif player == "ffmpeg":
        assert not done.stderr
    after = fetched()
    assert after > before
    # Once more, as when somebody pastes it again.
    assert run(TRACK_PLAYERS[player], link["url"], tmp_path).returncode == 0
    assert fetched() > after
    assert opens(owner, link) == 1


@pytest.mark.parametrize("player", LIST_PLAYERS)
def test_a_collection_plays_as_a_list(
    owner: httpx.Client, song: dict[str, Any], tmp_path: Path, player: str
) -> None:
    made = owner.post("/collections", json={"name": "Two"}).json()
    short = upload(owner, make("wav16", tmp_path / "b.wav", sample_count=44_100), title="Short")
    for track in (short, song):
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": track["id"]})
    link, before = share(owner, made["id"], max_opens=1), fetched()
    done = run(LIST_PLAYERS[player], link["url"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert fetched() >= before + 2
    assert opens(owner, link) == 1
