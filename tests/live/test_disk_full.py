"""K5: the disk is full. Nothing opens without its audit line, everything says so, and it ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, upload
from engines import of_sqlite
from live.load import SHARED, Reply, Request, connected, get, make_links, press, serving
from media.make_audio import make
from stored import drafts, stored_audio
from trust.figures import figure

pytestmark = of_sqlite

SIZE_MB = 16
CONNECTIONS = 8
BACK_WITHIN_SECONDS = 5.0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False).returncode:
        pytest.skip("a small file system can't be mounted here: that needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    with serving(small_disk) as server:
        links = make_links(server, tmp_path, {}, {"max_opens": 10**6})
        server.wait_until_derived()
        requests = [
            get(SHARED + link["token"], f"203.0.113.{n}") for link in links for n in range(9)
        ]
        audio = httpx.get(server.url + SHARED + links[0]["token"]).json()["track"]["playback_url"]
        told: Counter[int] = Counter()
        opened: set[str] = set()

        def heard(reply: Reply) -> None:
            told[reply.status] += 1
            if reply.status == 200:
                opened.add(reply.trace)
            else:
                assert reply.status == 503
                assert int(reply.header("retry-after")) >= 1
                assert reply.heard_at - reply.asked_at < 5

        filler = small_disk / "filler"
        threading.Timer(0.3, fill, [filler]).start()
        asyncio.run(press_for(server.port, requests, heard, until=lambda: told[503] >= 200))
        check_degraded(server, audio, tmp_path)
        filler.unlink()
        freed_at = time.monotonic()
        asyncio.run(press_for(server.port, requests, heard, until=back_after(told)))
        took = time.monotonic() - freed_at
        while httpx.get(server.url + "/readyz").status_code != 200:
            assert time.monotonic() - freed_at < BACK_WITHIN_SECONDS
        print(f"{dict(told)}; opens again {took * 1000:.0f} ms after there was room")
        figure("opens again, seconds after there was room", round(took, 3), joined="most")
        assert took < BACK_WITHIN_SECONDS
        check_the_books(server, opened)
        with server.owner() as owner:
            upload(owner, make("wav16", tmp_path / "b.wav", sample_count=9000))


def fill(path: Path) -> None:
    """Write a file that leaves no room."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def back_after(told: Counter[int]) -> object:
    before = told[200]
    return lambda: told[200] >= before + 200


async def press_for(port: int, requests: list[Request], heard: object, until: object) -> None:
    """Ask until it's so, at most half a minute."""
    assert callable(heard)
    assert callable(until)
    deadline = time.monotonic() + 30

    def choose() -> Request | None:
        return None if until() or time.monotonic() > deadline else random.choice(requests)  # noqa: S311

    async with connected(port, CONNECTIONS) as connections:
        await press(connections, choose, heard)
    assert until()


def check_degraded(server: Server, audio: str, folder: Path) -> None:
    """It says so; what is there plays on; an upload is refused and leaves nothing."""
    assert httpx.get(server.url + "/healthz").status_code == 200
    time.sleep(1.1)  # for a second it tells what it found last
    ready = httpx.get(server.url + "/readyz", timeout=3)
    assert ready.status_code == 503
    assert ready.json()["status"] == "degraded", ready.text
    # The database's log may have a page left in which the check's one row fits, and no batch does.
    assert ready.json()["checks"]["storage"] == "full"
    assert httpx.get(audio).status_code == 200
    with (
        server.owner() as owner,
        make("wav16", folder / "no.wav", sample_count=90_000).open("rb") as file,
    ):
        for _ in range(3):
            answer = owner.post(
                "/tracks", data={"engine": "studio"}, files={"file": ("no.wav", file)}
            )
            assert answer.status_code == 507, answer.text
            assert answer.json()["error"]["code"] == "STORAGE_FULL"
            assert int(answer.headers["retry-after"]) >= 1
    assert drafts(server) == []


def check_the_books(server: Server, opened: set[str]) -> None:
    """Every answered open has its line, every link its count, every file its row."""
    audited = {line["trace_id"] for line in server.audit() if line["outcome"] == "opened"}
    figure("answered opens missing from the audit", len(opened - audited), of=len(opened))
    assert opened <= audited
    (limited,) = server.query(
        "SELECT s.opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id AND a.outcome = 1) "
        "FROM shares s WHERE max_opens IS NOT NULL"
    )
    assert limited[0] == limited[1]
    assert server.query("PRAGMA integrity_check") == [("ok",)]
    stored = set(stored_audio(server))
    rows = server.query("SELECT lower(hex(digest)) FROM audio_objects")
    assert stored == {name for (name,) in rows}
