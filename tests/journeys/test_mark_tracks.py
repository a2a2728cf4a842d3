"""What this server signs of music that a machine made: behind the upload, beside its bytes, for whoever may
play it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from cast import upload
from listenlink.media.manifests import check_manifest
from listenlink.media.sandbox.manifest_answer import Found
from listenlink.media.turns import Turn, Turns
from media.make_audio import make

KINDS = [
    "wav16", "flac", "mp3_xing", "m4a_aac", "m4a_alac", "ogg_vorbis", "ogg_opus", "aiff", "aac_adts",
]  # fmt: skip
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def checked(path: Path, manifest: bytes) -> Found:
    with path.open("rb") as file:
        turn = Turn(Turns(), 0, is_long=False)
        return asyncio.run(check_manifest(file.fileno(), manifest, turn))


def manifest_url(playback_url: str) -> str:
    return playback_url.replace("/v1/music/audio/", "/v1/music/manifests/")


def wait_for_manifest(owner: httpx.Client, track: str) -> httpx.Response:
    """As soon as there is one."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        url = owner.get(f"/tracks/{track}").json()["playback_url"]
        answer = owner.get(manifest_url(url))
        if answer.status_code == 200:
            return answer
        time.sleep(0.1)
    raise AssertionError(answer.text)


@pytest.mark.parametrize("kind", KINDS)
def test_a_track_of_a_machine_has_a_manifest_that_holds_for_its_bytes(
    owner: httpx.Client, tmp_path: Path, kind: str
) -> None:
    path = make(kind, tmp_path / kind)
    track = upload(owner, path, title="Song", engine="studio")
    answer = wait_for_manifest(owner, track["id"])
    assert answer.headers["content-type"] == "application/c2pa"
    found = checked(path, answer.content)
    assert found == Found(
        "valid", 2, "Listenlink", "Listenlink", "Listenlink", "Song", "Studio", TRAINED
    )
