"""How long a wrong password of a link takes tells nothing of the right one.

With `LISTENLINK_TEST_FULL=1` 500 samples of each kind are taken; the ordinary suite takes few, and allows for
what chance does with so few.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import httpx
import numpy as np
import pytest

from cast import Server, share, upload
from engines import of_folder
from live.load import FULL
from live.test_timing_oracle import area_under_curve, standard_error
from media.make_audio import make

pytestmark = of_folder

SAMPLES = 500 if FULL else 30
WARMING_UP = 8 if FULL else 4
MOST_TOLD = 0.05
CHANCE = 0 if FULL else 4
# Behind a hundred failures a link answers later, on purpose.
OF_A_LINK = 90
RIGHT = "harbour-lights-evening"
KINDS = {
    "all but its end": RIGHT[:-1] + "x",
    "as long": "z" * len(RIGHT),
    "its beginning": RIGHT[:6],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(
        tmp_path_factory.mktemp("instance") / "data",
        {"TRUSTED_PROXIES": "127.0.0.1/32", "RESOLVE_LIMIT_PER_MINUTE": "0"},
    )
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.mark.timeout(900)
def test_how_long_a_wrong_one_takes_tells_nothing_of_the_right_one(
    server: Server, tmp_path: Path
) -> None:
    with server.owner() as owner:
        song = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=20_000))
        count = len(KINDS) * (SAMPLES + WARMING_UP) // OF_A_LINK + 1
        tokens = [share(owner, song["id"], password=RIGHT)["token"] for _ in range(count)]
    times: dict[str, list[int]] = {kind: [] for kind in KINDS}
    tried = 0
    with httpx.Client(base_url=server.url, timeout=30) as client:
        for _ in range(WARMING_UP + SAMPLES):
            for kind in random.sample(list(KINDS), len(KINDS)):
                headers = {
                    "Share-Password": KINDS[kind],
                    "Accept": "application/json",
                    "X-Forwarded-For": f"10.0.{tried // 250}.{tried % 250}",
                }
                path = f"/v1/music/shared/{tokens[tried // OF_A_LINK]}"
                began = time.perf_counter_ns()
                answer = client.get(path, headers=headers)
                times[kind].append(time.perf_counter_ns() - began)
                assert answer.json()["error"]["code"] == "SHARE_PASSWORD_WRONG"
                tried += 1
    arrays = {kind: np.array(each[WARMING_UP:]) for kind, each in times.items()}
    for one, other in combinations(KINDS, 2):
        area = area_under_curve(arrays[one], arrays[other])
        print(f"{one} / {other}: {area:.4f}, median {np.median(arrays[one]) / 1e6:.2f} ms")
        allowed = MOST_TOLD + CHANCE * standard_error(SAMPLES, SAMPLES)
        assert abs(area - 0.5) <= allowed, (one, other)
