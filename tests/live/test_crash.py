"""kill -9, at any moment: what was answered is in the audit, and nothing half-written is ever served."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from media.make_audio import make
from stored import drafts, stored_audio
from trust.figures import FULL

ROUNDS, LEAST_ANSWERED = (4, 30) if FULL else (3, 40)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def test_no_answered_open_is_missing_after_a_kill(server: Server, tmp_path: Path) -> None:
    with server.owner() as owner:
        song = upload(owner, make("wav16", tmp_path / "a.wav"))
        paths = [
            "/v1/music/shared/" + str(share(owner, song["id"], max_opens=n)["token"])
            for n in (3, 40, 10**6, 10**6)
        ]
    answered: set[str] = set()
    for _ in range(ROUNDS):
        answered |= open_until_killed(server, paths)
        server.start()
    audited = {line["trace_id"] for line in server.audit() if line["outcome"] == "opened"}
    assert len(answered) > 100
    assert answered <= audited
    opened = server.query(
        "SELECT s.opens, s.max_opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id "
        "AND a.outcome = 1) FROM shares s"
    )
    for opens, max_opens, lines in opened:
        assert opens == lines
        assert opens <= max_opens
    if server.engine == "sqlite":
        assert server.query("PRAGMA integrity_check") == [("ok",)]


def open_until_killed(server: Server, paths: list[str]) -> set[str]:
    """Open links from several threads until the server dies; the traces of what was answered."""
    answered: set[str] = set()

    def open_links() -> None:
        with httpx.Client(base_url=server.url, timeout=10) as client:
            while True:
                try:
                    answer = client.get(random.choice(paths))  # noqa: S311
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    answered.add(answer.headers["x-request-id"])

    threads = [threading.Thread(target=open_links) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(*(0.3, 0.9) if FULL else (0.2, 0.5)))  # noqa: S311
    deadline = time.monotonic() + 10
    while len(answered) < LEAST_ANSWERED and time.monotonic() < deadline:
        time.sleep(0.01)
    server.kill()
    for thread in threads:
        thread.join(20)
    return answered


def begin_upload(server: Server, data: bytes) -> socket.socket:
    """Send all but the end of an upload."""
    head = (
        f"POST /v1/music/{server.organization_id}/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"X-API-Key: {server.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        f"Content-Length: {len(data) + 1000}\r\n\r\n"
        '--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
    )
    stream = socket.create_connection(("127.0.0.1", server.port))
    stream.sendall(head.encode() + data)
    return stream


def start_tidily(server: Server) -> None:
    """Start it again: in a folder, what a kill left behind is gone before the server answers. What is made of
    audio from then on begins there as well."""
    left = set(drafts(server))
    server.start()
    assert "STORAGE_URL" in server.settings or not left & set(drafts(server))


def tidied_audio(server: Server) -> dict[str, int]:
    """What is stored once nothing waits to be tidied up: in a bucket a moment later, since links open before
    it's asked."""
    deadline = time.monotonic() + 30
    while drafts(server):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return stored_audio(server)


def test_a_kill_during_an_upload_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    data = make("wav16", tmp_path / "a.wav", sample_count=2_000_000).read_bytes()
    uploads = server.data / "uploads"

    with begin_upload(server, data[:6_000_000]):
        deadline = time.monotonic() + 20
        while not any((uploads / n).stat().st_size > 1_000_000 for n in drafts(server)):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.kill()
    assert drafts(server)
    server.start()
    assert drafts(server) == []
    assert server.query("SELECT count(*) FROM tracks") == [(0,)]
    assert tidied_audio(server) == {}


def test_kills_while_tracks_are_stored_leave_files_and_rows_in_step(
    server: Server, tmp_path: Path
) -> None:
    """Whatever moment the kill finds, every row has its whole file and every file its row."""
    files = [make("wav16", tmp_path / f"{n}.wav", sample_count=5000 + n) for n in range(12)]
    for _ in range(3):
        killer = threading.Timer(random.uniform(*(0.2, 0.8) if FULL else (0.1, 0.5)), server.kill)  # noqa: S311
        killer.start()
        try:
            with server.owner() as owner:
                for path in files * 3:
                    upload(owner, path)
        except (httpx.TransportError, AssertionError):
            pass
        killer.join()
        start_tidily(server)
    rows = server.query("SELECT digest, size_bytes FROM audio_objects")
    assert tidied_audio(server) == {digest.hex(): size for digest, size in rows}


def test_a_sender_who_leaves_in_the_middle_leaves_nothing(server: Server, tmp_path: Path) -> None:
    data = make("wav16", tmp_path / "a.wav", sample_count=1_000_000).read_bytes()
    for size in (0, 10, 100_000, 2_000_000):
        begin_upload(server, data[:size]).close()
    deadline = time.monotonic() + 20
    while drafts(server):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.query("SELECT count(*) FROM tracks") == [(0,)]
