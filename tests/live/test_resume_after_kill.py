"""kill -9 in the middle of an upload in pieces: it goes on after the restart, and makes one track."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server
from media.make_audio import make
from pieces import begin, left_behind, look, offset_of, send
from trust.figures import FULL

PIECE_BYTES = 300_000
# How often each is killed.
CUTS, KILLS = (4, 10) if FULL else (2, 4)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data")
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def slowly(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), PIECE_BYTES):
        yield data[at : at + PIECE_BYTES]
        time.sleep(0.15)


def test_an_upload_goes_on_where_a_kill_found_it(server: Server, tmp_path: Path) -> None:
    data = make("wav16", tmp_path / "a.wav", sample_count=1_500_000).read_bytes()
    with server.owner() as owner:
        path = begin(owner, len(data))
    offset, offsets = 0, []
    for _ in range(CUTS):
        killer = threading.Timer(random.uniform(0.2, 0.5), server.kill)  # noqa: S311
        killer.start()
        with server.owner() as owner, pytest.raises(httpx.TransportError):
            send(owner, path, offset, slowly(data[offset:]))
        killer.join()
        server.start()
        with server.owner() as owner:
            offset = offset_of(owner, path)
        offsets.append(offset)
    assert offsets == sorted(offsets)
    assert offsets[-1] > 0
    with server.owner() as owner:
        made = send(owner, path, offset, data[offset:]).headers["listenlink-track"]
        playing = owner.get(f"/tracks/{made}").json()["playback_url"]
        assert owner.get(playing).content == data
    assert left_behind(server) == (0, [])


def test_kills_while_tracks_are_made_of_uploads_make_each_once(
    server: Server, tmp_path: Path
) -> None:
    """Whatever moment the kill finds, asking again until it's told makes one track and leaves nothing."""
    for number in range(KILLS):
        data = make("wav16", tmp_path / "a.wav", sample_count=5000 + number).read_bytes()
        with server.owner() as owner:
            path = begin(owner, len(data))
            killer = threading.Timer(random.uniform(0.0, 0.25), server.kill)  # noqa: S311
            killer.start()
            with contextlib.suppress(httpx.TransportError):
                send(owner, path, 0, data)
            killer.join()
        server.start()
        with server.owner() as owner:
            if (offset := offset_of(owner, path)) < len(data):
                send(owner, path, offset, data[offset:])
            made = look(owner, path).headers["listenlink-track"]
            assert owner.get(f"/tracks/{made}").status_code == 200
        assert server.query("SELECT count(*) FROM tracks") == [(number + 1,)]
    assert left_behind(server) == (0, [])


def test_asking_makes_the_track_of_bytes_that_are_all_there(server: Server, tmp_path: Path) -> None:
    data = make("wav16", tmp_path / "a.wav", sample_count=5000).read_bytes()
    with server.owner() as owner:
        path = begin(owner, len(data))
    server.kill()
    (draft,) = (server.data / "uploads").glob("resumable-*")
    draft.write_bytes(data)
    server.start()
    with server.owner() as owner:
        track_id = look(owner, path).headers["listenlink-track"]
        assert look(owner, path).headers["listenlink-track"] == track_id
    assert server.query("SELECT count(*) FROM tracks") == [(1,)]


def test_a_start_removes_the_bytes_of_uploads_that_are_none(server: Server) -> None:
    with server.owner() as owner:
        path = begin(owner, 1000)
    server.kill()
    uploads = server.data / "uploads"
    (draft,) = uploads.glob("resumable-*")
    (uploads / "resumable-000000000000").write_bytes(b"of nobody")
    server.start()
    assert list(uploads.glob("resumable-*")) == [draft]
    draft.unlink()
    with server.owner() as owner:
        assert look(owner, path).status_code == 404
    assert left_behind(server) == (0, [])
