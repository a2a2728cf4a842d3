"""Covers that were given outlast kill -9, backup and restore, and moves, and go with what they are of."""

from __future__ import annotations

import hashlib
import json
import random
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, upload
from engines import SQLITE, of_sqlite
from media.make_audio import make
from media.make_pictures import BLUE, GREEN, RED, colour_at, plain
from object_storage import CREDENTIALS, ObjectStorage
from stored import drafts, stored_audio
from trust.figures import FULL

COLOURS = (RED, GREEN, BLUE)
KILLED_AFTER_SECONDS = (0.5, 2.5) if FULL else (0.2, 0.8)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", {})
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def things_of(owner: httpx.Client, folder: Path) -> list[str]:
    """The paths of a track and a collection."""
    track = upload(owner, make("wav16", folder / "a.wav", sample_count=20_000))["id"]
    collection = owner.post("/collections", json={"name": "All"}).json()["id"]
    return [f"/tracks/{track}/cover", f"/collections/{collection}/cover"]


def needed(server: Server) -> set[str]:
    """The digests of all objects that a row names."""
    rows = server.query("SELECT digest, NULL FROM audio_objects WHERE discarded_at IS NULL")
    rows += server.query("SELECT cover_digest, cover_small_digest FROM given_covers")
    return {bytes(digest).hex() for row in rows for digest in row if digest is not None}


def wait_until_in_step(server: Server) -> None:
    """Until every file has its row, and none is noted for removal: of a bucket's leftovers housekeeping
    sees to some."""

    def differ() -> tuple[set[str], list[tuple[Any, ...]]]:
        notes = server.query("SELECT digest FROM dropped_objects")
        return set(stored_audio(server)) ^ needed(server), notes

    for _ in range(200):
        if differ() == (set(), []):
            break
        time.sleep(0.1)
    assert differ() == (set(), [])


def test_kills_while_covers_are_replaced_leave_files_and_rows_in_step(
    server: Server, tmp_path: Path
) -> None:
    """Whatever moment the kill finds, every row has its whole file, and every file its row."""
    with server.owner() as owner:
        paths = things_of(owner, tmp_path)
    server.wait_until_derived()
    for number in range(3):
        killer = threading.Timer(random.uniform(*KILLED_AFTER_SECONDS), server.kill)  # noqa: S311
        killer.start()
        try:
            with server.owner() as owner:
                for side in range(200, 1000):
                    picture = plain(COLOURS[side % 3], "JPEG", side + number, side)
                    for path in paths:
                        owner.put(path, content=picture).raise_for_status()
        except httpx.TransportError:
            pass
        killer.join()
        server.start()
        wait_until_in_step(server)
    assert drafts(server) == []
    with server.owner() as owner:
        assert owner.put(paths[0], content=plain(GREEN)).status_code == 200
        assert colour_at(owner.get(paths[0]).content) == GREEN


@of_sqlite
def test_a_note_that_a_dead_process_left_is_seen_to_by_the_next(
    server: Server, tmp_path: Path
) -> None:
    """The row had gone, and its bytes hadn't."""
    with server.owner() as owner:
        (path, _) = things_of(owner, tmp_path)
        owner.put(path, content=plain(RED)).raise_for_status()
    server.wait_until_derived()
    server.stop()
    notes = "INSERT INTO dropped_objects (id, digest) SELECT {}, {} FROM given_covers"
    for number, column in enumerate(("cover_digest", "cover_small_digest")):
        server.change(notes.format(number, column))
    kept = server.query("SELECT cover_digest FROM given_covers")
    digest = bytes(kept[0][0]).hex()
    server.start()
    assert digest in stored_audio(server), "it's needed"
    assert server.query("SELECT count(*) FROM dropped_objects") == [(0,)]
    server.stop()
    server.change(notes.format(1, "cover_digest"))
    server.change("DELETE FROM given_covers")
    server.start()
    assert digest not in stored_audio(server)
    assert server.query("SELECT count(*) FROM dropped_objects") == [(0,)]


@of_sqlite
def test_they_are_in_a_backup_and_in_what_is_restored_of_it(server: Server, tmp_path: Path) -> None:
    with server.owner() as owner:
        paths = things_of(owner, tmp_path)
        for path, colour in zip(paths, COLOURS, strict=False):
            owner.put(path, content=plain(colour)).raise_for_status()
    server.wait_until_derived()
    done = server.cli("backup", "--to", str(tmp_path / "backup"), "--with-keys", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["missing"] == 0
    again = Server(tmp_path / "again", {}, engine=SQLITE)
    source = ["restore", "--from", str(tmp_path / "backup"), "--json"]
    done = again.cli(*source)
    assert done.returncode == 0, done.stderr
    again.organization_id, again.api_key = server.organization_id, server.api_key
    again.start()
    with again.owner() as owner:
        seen = [colour_at(owner.get(path).content) for path in paths]
    assert seen == [RED, GREEN]
    assert stored_audio(again) == stored_audio(server)
    again.stop()


@of_sqlite
def test_they_move_into_a_bucket_and_are_shown_from_there(
    server: Server, object_storage: ObjectStorage, tmp_path: Path
) -> None:
    with server.owner() as owner:
        paths = things_of(owner, tmp_path)
        for path, colour in zip(paths, COLOURS, strict=False):
            owner.put(path, content=plain(colour)).raise_for_status()
    server.wait_until_derived()
    server.stop()
    url = object_storage.url(f"covers/{secrets.token_hex(6)}")
    server.environment.update(CREDENTIALS)
    done = server.cli("move-audio", "--from", "folder", "--to", url, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["objects"] == len(needed(server))
    server.settings["STORAGE_URL"] = url
    server.start()
    with server.owner() as owner:
        for path, colour in zip(paths, COLOURS, strict=False):
            picture = owner.get(path).content
            assert colour_at(picture) == colour
            owner.delete(path).raise_for_status()
            assert hashlib.sha256(picture).hexdigest() not in stored_audio(server)


def test_a_user_who_is_removed_leaves_none_behind(server: Server, tmp_path: Path) -> None:
    member = server.new_member("member")
    with server.owner(member["api_key"]) as owner:
        for path in things_of(owner, tmp_path):
            owner.put(path, content=plain(RED, "JPEG", 300, 300)).raise_for_status()
    server.wait_until_derived()
    assert stored_audio(server)
    server.people("user", "remove", member["user_id"], "--end-links")
    assert stored_audio(server) == {}
    assert server.query("SELECT count(*) FROM given_covers") == [(0,)]
    assert server.query("SELECT count(*) FROM dropped_objects") == [(0,)]


def test_with_no_room_a_picture_is_refused_and_nothing_of_it_stays(tmp_path: Path) -> None:
    full = Server(tmp_path / "data", {"KEEP_FREE_BYTES": str(2**50)})
    full.create()
    full.start()
    with full.owner() as owner:
        made = owner.post("/collections", json={"name": "All"}).json()["id"]
        answer = owner.put(f"/collections/{made}/cover", content=plain(RED))
        assert (answer.status_code, answer.json()["error"]["code"]) == (507, "STORAGE_FULL")
        assert owner.delete(f"/collections/{made}/cover").status_code == 200
    assert (stored_audio(full), drafts(full)) == ({}, [])
    full.stop()
