"""Files that are changed by chance are put in, several at once: others open links as fast as ever."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from live.beside import Beside
from live.load import FULL, p99, serving
from media.make_audio import make
from media.test_mutated import KINDS, mutate
from trust.figures import figure

pytestmark = [
    of_folder,
    pytest.mark.timeout(400),
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one processor"),
]
ROUNDS, FILES = (5, 60) if FULL else (1, 8)
UPLOADERS = 4


def put_in(server: Server, contents: list[bytes]) -> Counter[int]:
    """The statuses of uploads, some at once."""

    def put(content: bytes) -> int:
        with server.owner() as owner:
            sent = {"file": ("song", content)}
            return owner.post("/tracks", data={"engine": "studio"}, files=sent).status_code

    with ThreadPoolExecutor(UPLOADERS) as uploaders:
        return Counter(uploaders.map(put, contents))


def test_whoever_opens_a_link_beside_them_hardly_waits(tmp_path: Path) -> None:
    chance = random.Random()  # noqa: S311
    seeds = [make(kind, tmp_path / kind, sample_count=22_050).read_bytes() for kind in KINDS]
    statuses: Counter[int] = Counter()
    quiet: list[float] = []
    busy: list[float] = []
    with serving(tmp_path / "instance", RESOLVE_LIMIT_PER_MINUTE="0") as server:
        with server.owner() as owner:
            track = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000))
            token = share(owner, track["id"])["token"]
        server.wait_until_derived()
        request = (
            f"GET /v1/music/shared/{token} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Accept: application/json\r\n\r\n"
        ).encode()
        for _ in range(ROUNDS):
            contents = [mutate(chance.choice(seeds), chance) for _ in range(FILES)]
            with Beside(server.port, request) as beside:
                began = time.monotonic()
                statuses += put_in(server, contents)
                took = time.monotonic() - began
            busy += beside.seconds
            server.wait_until_derived()
            with Beside(server.port, request) as beside:
                time.sleep(took)
            quiet += beside.seconds
        assert httpx.get(server.url + "/readyz").status_code == 200
    among, without = p99(busy), p99(quiet)
    print(f"p99 {among * 1000:.1f} ms, {without * 1000:.1f} ms without; {dict(statuses)}")
    figure("an open beside them, p99, of one without", round(among / without, 2), joined="most")
    figure("uploads answered with 500 and above", sum(n for s, n in statuses.items() if s >= 500))
    assert set(statuses) <= {201, 415, 422}
    # A part of what they would wait if it were done where links are opened.
    assert among < 0.5
