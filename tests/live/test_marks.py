"""What is signed of music that machines made, over what happens to an instance: kills, backups, other keys,
older releases; and `listenlink verify`."""

from __future__ import annotations

import json
import random
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_forked, share, upload
from engines import of_sqlite
from journeys.signed_tracks import checked, manifest_of
from media.claimed import claim
from media.make_audio import make
from shorter_waits import LOOK_AGAIN, shorter
from trust.figures import FULL

pytestmark = of_sqlite

KILLS, TRACKS = (4, 6) if FULL else (2, 3)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", {}, shorter(LOOK_AGAIN))
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def add(server: Server, folder: Path, count: int, **fields: str) -> dict[str, Path]:
    """So many tracks, and the file of each."""
    made = {}
    with server.owner() as owner:
        for number in range(count):
            path = folder / f"{number}.wav"
            make("wav16", path, sample_count=5000, tags={"title": f"Song {number}"})
            path.write_bytes(path.read_bytes() + b"LIST\x04\0\0\0" + number.to_bytes(4, "little"))
            made[str(upload(owner, path, **fields)["id"])] = path
    return made


def ask(server: Server, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.database)) as connection:
        return connection.execute(sql).fetchall()


def wait_for(server: Server, count: int) -> None:
    deadline = time.monotonic() + 60
    while ask(server, "SELECT count(*) FROM manifests")[0][0] < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_kills_leave_nothing_unsigned_and_nothing_half(server: Server, tmp_path: Path) -> None:
    made = add(server, tmp_path, TRACKS)
    for _ in range(KILLS):
        time.sleep(random.uniform(0, 0.4))  # noqa: S311
        server.kill()
        # What it had begun is begun again after ten minutes: these are over.
        server.change("UPDATE track_marks SET begun_at = 1 WHERE begun_at IS NOT NULL")
        server.start()
    wait_for(server, TRACKS)
    with server.owner() as owner:
        for number, path in made.items():
            assert checked(path, manifest_of(owner, number)).state == "valid"
    assert ask(server, "SELECT count(*) FROM track_marks WHERE begun_at IS NOT NULL") == [(0,)]


def test_a_backup_has_what_was_signed_and_the_key_only_on_request(
    server: Server, tmp_path: Path
) -> None:
    ((number, path),) = add(server, tmp_path, 1).items()
    with server.owner() as owner:
        before = manifest_of(owner, number)
    server.stop()
    key = server.data / "secrets" / "marking-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    text = key.read_text()
    for name, with_keys in (("without", []), ("with", ["--with-keys"])):
        to, data = tmp_path / name, tmp_path / f"{name}-restored"
        told = run_forked("backup", "--data", str(server.data), "--to", str(to), *with_keys)
        assert told.returncode == 0, told.stderr
        assert (to / "marking-key").exists() is bool(with_keys)
        assert run_forked("restore", "--from", str(to), "--data", str(data)).returncode == 0
        other = Server(data, api_key=server.api_key, organization_id=server.organization_id)
        other.start()
        try:
            with other.owner() as owner:
                assert manifest_of(owner, number) == before
        finally:
            other.stop()
        assert ((data / "secrets" / "marking-key").read_text() == text) is bool(with_keys)
    assert checked(path, before).state == "valid"


def test_after_the_key_is_exchanged_what_was_signed_is_valid(
    server: Server, tmp_path: Path
) -> None:
    first = add(server, tmp_path, 1)
    (old,) = first
    with server.owner() as owner:
        before = manifest_of(owner, old)
    server.stop()
    made = run_forked("new-marking-key", PUBLIC_URL="https://music.example")
    assert made.returncode == 0
    server.settings["MARKING_KEY"] = made.stdout.replace("\n", "\\n")
    server.start()
    with server.owner() as owner:
        path = make("flac", tmp_path / "new.flac", sample_count=5000)
        new = upload(owner, path)["id"]
        assert checked(path, manifest_of(owner, new)).signer == "music.example"
        assert manifest_of(owner, old) == before
    found = checked(first[old], before)
    assert (found.state, found.signer) == ("valid", "Listenlink")


def test_an_instance_of_an_older_release_is_signed_for_by_and_by(
    server: Server, tmp_path: Path
) -> None:
    made = add(server, tmp_path, 3)
    wait_for(server, 3)
    server.stop()
    (server.data / "secrets" / "marking-key").unlink()
    # As the migration leaves them.
    server.change("DELETE FROM manifests WHERE 1 = 1")
    server.change("UPDATE track_marks SET by_engine = 0, engine = NULL, read_at = NULL WHERE 1 = 1")
    server.start()
    with server.owner() as owner:
        for number, path in made.items():
            assert checked(path, manifest_of(owner, number)).state == "valid"
    assert (server.data / "secrets" / "marking-key").exists()


WRONG: dict[str, tuple[Callable[[str], str], str]] = {
    "empty": (lambda _: "", "holds no private key"),
    "no certificate": (lambda text: text[text.index("-----BEGIN PRIVATE") :], "holds no certificate"),
    "no key": (lambda text: text[: text.index("-----BEGIN PRIVATE")], "holds no private key"),
    "garbled": (
        lambda text: text.replace("MII", "MIJ"), "the private key or a certificate isn't readable PEM",
    ),
    "the authority first": (
        lambda text: "-----BEGIN CERTIFICATE-----" + text.split("-----BEGIN CERTIFICATE-----")[2],
        "the first certificate isn't of the private key",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_key_is_one_line(tmp_path: Path, wrong: str, refused: Callable[..., str]) -> None:
    server = Server(tmp_path / "data")
    server.create()
    own = server.data / "secrets" / "marking-key"
    break_it, said = WRONG[wrong]
    text = break_it(own.read_text())
    given = tmp_path / "given.pem"
    given.write_text(text)
    given.chmod(0o600)
    line = refused("serve", "--data", str(server.data), MARKING_KEY_FILE=str(given))
    assert line == f"listenlink: {given}: {said}"
    line = refused("serve", "--data", str(server.data), MARKING_KEY=text)
    assert line == f"listenlink: LISTENLINK_MARKING_KEY: {said}"
    given.chmod(0o644)
    line = refused("serve", "--data", str(server.data), MARKING_KEY_FILE=str(given))
    assert line.endswith("others may read the marking key; chmod 600 it")


def verified(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = run_forked("verify", *arguments, "--json")
    return done.returncode, json.loads(done.stdout)


def test_verify_compares_a_file_a_link_and_a_track(server: Server, tmp_path: Path) -> None:
    path = make("mp3_xing", tmp_path / "song.mp3")
    with server.owner() as owner:
        number = upload(owner, path, title="Song")["id"]
        beside = tmp_path / "song.c2pa"
        beside.write_bytes(manifest_of(owner, number))
        server.wait_until_derived()
        link = share(owner, number)
        url = owner.get(f"/tracks/{number}").json()["playback_url"]
        own = str(owner.get(f"/tracks/{number}").request.url)
    address = f"{server.url}/v1/music/shared/{link['token']}"
    for arguments in (
        [str(path), "--manifest", str(beside)],
        [address],
        [url],
        [own, "--api-key", server.api_key],
    ):
        status, (told,) = verified(*arguments)
        assert (status, told["state"], told["ai"]) == (0, "valid", "generated"), arguments
    assert verified(str(path)) == (1, [{"name": "song.mp3", "state": "none"}])
    path.write_bytes(path.read_bytes()[:-1])
    status, (told,) = verified(str(path), "--manifest", str(beside))
    assert (status, told["state"]) == (1, "invalid")
    done = run_forked("verify", str(path), "--manifest", str(beside))
    assert done.returncode == 1
    assert "song.mp3: invalid (assertion.dataHash.mismatch)" in done.stdout
    assert "claims to be signed by: Listenlink" in done.stdout
    claimed = claim(make("wav16", tmp_path / "claimed.wav", sample_count=5000))
    assert "claimed.wav: valid" in run_forked("verify", str(claimed)).stdout
    done = run_forked("verify", f"{server.url}/nowhere")
    assert done.returncode == 1
    assert "neither a link nor" in done.stderr


def test_readyz_says_what_is_missing(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", engine="postgresql")
    server.create()
    server.start()
    try:
        assert httpx.get(server.url + "/readyz").json()["checks"]["marks"] == "ok"
        server.stop()
        (server.data / "secrets" / "marking-key").unlink()
        server.start()
        told = httpx.get(server.url + "/readyz")
        assert told.status_code == 200
        assert told.json()["checks"]["marks"] == "no_key"
        assert not (server.data / "secrets" / "marking-key").exists()
    finally:
        server.stop()
