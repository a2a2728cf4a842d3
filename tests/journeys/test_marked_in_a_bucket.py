"""A download with a manifest in it where audio is in a bucket: the one that comes by way of this server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from journeys.signed_for import wait_for_manifests
from media.make_audio import make
from media.signing_c2pa import read_state
from object_storage import ObjectStorage


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, object_storage: ObjectStorage
) -> Iterator[Server]:
    settings = {"STORAGE_URL": object_storage.url("marked")}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


def test_a_download_with_a_manifest_is_composed_here_of_what_is_in_the_bucket(
    server: Server, owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    path = make("mp3_xing", tmp_path / "made.mp3", sample_count=220_500)
    song = upload(owner, path, title="Made", engine="studio")
    wait_for_manifests(server, song["id"])
    link = share(owner, song["id"], allow_download=True)
    answer = listener.get(f"/v1/music/shared/{link['token']}")
    asked = f"/v1/music/shared/{link['token']}/download/{song['id']}"
    session = {"Listen-Session": answer.headers["listen-session"]}
    url = listener.get(asked, headers=session).raise_for_status().json()["download_url"]
    assert url.startswith(f"{server.url}/v1/music/download/")
    whole = httpx.get(url)
    assert read_state("audio/mpeg", io.BytesIO(whole.content)) == "Valid"
    for first in (0, 5000, 12_000, 60_000, len(whole.content) - 3):
        part = httpx.get(url, headers={"Range": f"bytes={first}-"})
        assert (part.status_code, part.content) == (206, whole.content[first:])
    # Playback goes to the bucket, for what was put in.
    played = httpx.get(answer.json()["track"]["playback_url"])
    assert played.content == path.read_bytes()
    assert "x-amz-request-id" in played.headers or "X-Amz" in str(played.url)
