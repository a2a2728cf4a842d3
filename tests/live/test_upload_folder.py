"""A folder by one command: what can be taken is, what can't is named, and a second run sends nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest

from cast import Server, run_forked
from media.make_audio import make

FULL = bool(os.environ.get("LISTENLINK_TEST_FULL"))
MANY, BROKEN = (200, 10) if FULL else (16, 3)
KINDS = (("wav16", "wav"), ("flac", "flac"), ("mp3_xing", "mp3"), ("ogg_opus", "ogg"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(MANY - BROKEN):
        kind, suffix = KINDS[number % len(KINDS)]
        below = tmp_path / "songs" / f"album {number % 3}"
        below.mkdir(parents=True, exist_ok=True)
        make(kind, below / f"{number:03}.{suffix}", sample_count=5000 + number)
    for number in range(BROKEN):
        (tmp_path / "songs" / f"broken {number}.flac").write_bytes(b"fLaC" + bytes([number]) * 99)
    (tmp_path / "songs" / "notes.txt").write_text("nothing to hear")
    (tmp_path / "songs" / ".hidden.wav").write_bytes(b"")
    return tmp_path / "songs"


def test_a_folder_is_uploaded_once(server: Server, owner: httpx.Client, folder: Path) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.api_key}
    command = ("upload", str(folder), "--engine", "studio")
    first = run_forked(*command, **settings)
    assert first.returncode == 1
    assert len(first.stdout.splitlines()) == MANY - BROKEN
    reasons = first.stderr.splitlines()
    assert len(reasons) == BROKEN
    for number in range(BROKEN):
        assert sum(f"broken {number}.flac: " in reason for reason in reasons) == 1
    assert server.query("SELECT count(*) FROM tracks") == [(MANY - BROKEN,)]
    again = run_forked(*command, "--json", **settings)
    assert again.returncode == 1
    lines = [json.loads(line) for line in again.stdout.splitlines()]
    assert sum(line.get("already_there", False) for line in lines) == MANY - BROKEN
    assert sum("error" in line for line in lines) == BROKEN
    assert server.query("SELECT count(*) FROM tracks") == [(MANY - BROKEN,)]


def test_a_file_that_is_named_is_uploaded_however_often(
    server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    settings = {"SERVER": server.url, "API_KEY": server.api_key}
    song = make("wav16", tmp_path / "song.wav", sample_count=5000)
    made = {
        run_forked("upload", str(song), "--engine", "studio", **settings).stdout for _ in range(2)
    }
    assert len(made) == 2
