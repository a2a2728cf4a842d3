"""`listenlink move-audio`: from the folder into a real bucket and back, every byte compared, nothing lost."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import obstore
import pytest

from cast import LISTENLINK, Server, clean_environment, run_forked, share, upload
from engines import SQLITE, of_sqlite
from fault_proxy import fault_proxy
from media.make_audio import add_cover, make
from object_storage import CREDENTIALS, ObjectStorage

pytestmark = of_sqlite
MADE = 4  # The audio of two tracks, a cover, a rendition.


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """An instance with audio, covers and a rendition; nobody serves it."""
    folder = tmp_path_factory.mktemp("made")
    server = Server(folder / "data", engine=SQLITE)
    server.create()
    server.start()
    with server.owner() as owner:
        upload(owner, add_cover(make("flac", folder / "a.flac", sample_count=30_000)))
        upload(owner, make("aiff", folder / "b.aiff", sample_count=30_000))
    server.wait_until_derived()
    server.stop()
    assert len(objects(server.data)) == MADE
    return server


@pytest.fixture
def server(made: Server, tmp_path: Path) -> Iterator[Server]:
    """The same, for one test alone."""
    shutil.copytree(made.data, tmp_path / "data")
    settings = {"TRUSTED_PROXIES": "127.0.0.1"}
    running = Server(tmp_path / "data", settings, dict(CREDENTIALS), engine=SQLITE)
    running.organization_id, running.api_key = made.organization_id, made.api_key
    yield running
    running.stop()


@pytest.fixture
def prefix() -> str:
    return f"moved/{secrets.token_hex(6)}"


def objects(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "objects").glob("*/*")}


def stored(bucket: ObjectStorage, prefix: str) -> dict[str, bytes]:
    store = bucket.store(prefix)
    keys = [key for key in bucket.keys(prefix) if key.startswith("objects/")]
    return {key.rpartition("/")[2]: bytes(obstore.get(store, key).bytes()) for key in keys}


def move(server: Server, source: str, target: str) -> subprocess.CompletedProcess[str]:
    return server.cli("move-audio", "--from", source, "--to", target, "--json")


def counts(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """How many were copied, and how many were there before."""
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["objects"] == told["copied"] + told["there_before"]
    assert told["missing"] == []
    return told["copied"], told["there_before"]


def played(server: Server) -> dict[str, tuple[str, bytes, str]]:
    """Of every track: type and bytes of what listeners hear, and the type of its cover."""
    told = {}
    with server.owner() as owner, server.listener() as listener:
        for track in owner.get("/tracks").raise_for_status().json()["items"]:
            opened = listener.get(httpx.URL(share(owner, track["id"])["url"]).path).json()
            audio = httpx.get(opened["track"]["playback_url"]).raise_for_status()
            cover = owner.get(f"/tracks/{track['id']}/cover").headers["content-type"]
            told[track["id"]] = audio.headers["content-type"], audio.content, cover
    return told


def test_into_a_bucket_while_serving_and_back(
    server: Server, object_storage: ObjectStorage, prefix: str, tmp_path: Path
) -> None:
    url = object_storage.url(prefix)
    server.start()
    heard = played(server)
    before = move(server, "folder", url)
    assert counts(before) == (MADE, 0)
    assert "stop it, give this command again" in before.stderr
    with server.owner() as owner:
        upload(owner, make("mp3_cbr", tmp_path / "new.mp3", sample_count=30_000))
    server.wait_until_derived()
    server.stop()
    after = move(server, "folder", url)
    assert (counts(after), after.stderr) == ((1, MADE), "")
    assert stored(object_storage, prefix) == objects(server.data)
    assert len(objects(server.data)) == MADE + 1, "nothing is deleted"
    shutil.rmtree(server.data / "objects")
    server.settings["STORAGE_URL"] = url
    server.start()
    there = played(server)
    assert heard.items() < there.items()
    with server.owner() as owner:
        upload(owner, make("mp3_cbr", tmp_path / "newer.mp3", sample_count=31_000))
    server.wait_until_derived()
    server.stop()
    assert counts(move(server, url, "folder")) == (MADE + 2, 0)
    assert objects(server.data) == stored(object_storage, prefix)
    for path in (server.data / "objects").glob("*/*"):
        assert path.stat().st_mode & 0o777 == 0o600
    del server.settings["STORAGE_URL"]
    server.start()
    assert there.items() < played(server).items()
    assert httpx.get(server.url + "/readyz").json()["checks"]["storage"] == "ok"


@pytest.mark.parametrize("how", ["damaged", "lost"])
def test_what_is_not_whole_is_named_and_the_rest_goes(
    server: Server, object_storage: ObjectStorage, prefix: str, how: str
) -> None:
    whole = objects(server.data)
    (harmed, *_) = sorted(whole)
    path = server.data / "objects" / harmed[:2] / harmed
    path.write_bytes(whole[harmed][:-1] + b"\0") if how == "damaged" else path.unlink()
    done = move(server, "folder", object_storage.url(prefix))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"1 objects can't be had whole, the first {harmed}" in done.stderr
    assert json.loads(done.stdout)["missing"] == [harmed]
    assert stored(object_storage, prefix) == {k: v for k, v in whole.items() if k != harmed}
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(whole[harmed])
    assert counts(move(server, "folder", object_storage.url(prefix))) == (1, MADE - 1)


def test_other_bytes_in_the_target_are_replaced(
    server: Server, object_storage: ObjectStorage, prefix: str
) -> None:
    whole = objects(server.data)
    (name, *_) = sorted(whole)
    store = object_storage.store(prefix)
    obstore.put(store, f"objects/{name[:2]}/{name}", bytes(len(whole[name])))
    assert counts(move(server, "folder", object_storage.url(prefix))) == (MADE, 0)
    assert stored(object_storage, prefix) == whole
    # What was noted is believed only of the place that it was noted of, and of what is there.
    assert counts(move(server, "folder", object_storage.url(prefix + "/other"))) == (MADE, 0)
    obstore.delete(store, f"objects/{name[:2]}/{name}")
    assert counts(move(server, "folder", object_storage.url(prefix))) == (1, MADE - 1)


def test_it_goes_on_after_a_kill_and_without_the_bucket(
    server: Server, object_storage: ObjectStorage, prefix: str
) -> None:
    url = object_storage.url(prefix)
    assert counts(move(server, "folder", url)) == (MADE, 0)
    shutil.rmtree(server.data / "objects")
    with fault_proxy(object_storage.port) as proxy:
        slow = object_storage.url(prefix, proxy.port)
        proxy.slow_down(20_000)
        kill_in_the_middle(server, slow)
        assert list((server.data / "uploads").glob(".moving-*"))
        ((name, data), *_) = stored(object_storage, prefix).items()
        (server.data / "objects" / name[:2]).mkdir(exist_ok=True)
        (server.data / "objects" / name[:2] / f".{name}-{'0' * 16}").write_bytes(data[:10])
        proxy.heal()
        proxy.refuse()
        refused = move(server, slow, "folder")
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
        assert "can't be reached now" in refused.stderr
        proxy.heal()
        assert sum(counts(move(server, slow, "folder"))) == MADE
    assert objects(server.data) == stored(object_storage, prefix)
    assert all(hashlib.sha256(data).hexdigest() == n for n, data in objects(server.data).items())
    assert list((server.data / "uploads").glob(".moving-*")) == []


def kill_in_the_middle(server: Server, source: str) -> None:
    command = ["move-audio", "--from", source, "--to", "folder", "--data", str(server.data)]
    process = subprocess.Popen(
        [*LISTENLINK, *command], env=clean_environment() | CREDENTIALS,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any(p.stat().st_size for p in (server.data / "uploads").glob(".moving-*")):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait(10)


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        ("folder", "folder", "are the same"),
        ("folder", "elsewhere", "must be like s3://bucket/prefix"),
        ("s3://music/x?endpoint=http://music.example", "folder", "must be https"),
    ],
)
def test_what_cannot_be_meant_is_one_line(
    made: Server, source: str, target: str, said: str
) -> None:
    command = ("move-audio", "--from", source, "--to", target, "--data", str(made.data))
    done = run_forked(*command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert said in done.stderr or "AWS_ACCESS_KEY_ID" in done.stderr
