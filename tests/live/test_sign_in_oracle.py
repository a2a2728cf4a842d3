"""A failure to sign in tells nothing of who is here: not by its words, and not by how long it takes.

With `LISTENLINK_TEST_FULL=1` 1,000 samples of each kind are taken; the ordinary suite takes few, and allows
for what chance does with so few.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from cast import Server
from engines import of_folder
from listenlink.model.password import hash_password
from live.load import FULL
from live.test_timing_oracle import area_under_curve, standard_error
from signed_in import GOOD, OWN

pytestmark = of_folder

SAMPLES = 1000 if FULL else 40
WARMING_UP = 8 if FULL else 4
MOST_TOLD = 0.05
CHANCE = 0 if FULL else 4
# An account that was tried oftener answers later, on purpose.
OF_ACCOUNT = 4
KINDS = ("has a password", "has none", "isn't here")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With users enough that none is slowed down."""
    running = Server(
        tmp_path_factory.mktemp("instance") / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"}
    )
    running.create()
    kept = hash_password(GOOD)
    for number in range(1, (WARMING_UP + SAMPLES) // OF_ACCOUNT + 2):
        for place, kind in enumerate(KINDS[:2]):
            user = number * 10 + place
            running.change("INSERT INTO users VALUES (?, ?, 1)", user, email_of(kind, number))
            if place == 0:
                running.change("INSERT INTO passwords VALUES (?, ?, 1)", user, kept)
    running.start()
    yield running
    running.stop()


def email_of(kind: str, number: int) -> str:
    """All of one length: what is typed comes back in the page."""
    return f"p{KINDS.index(kind)}{number:06}@localhost.example"


def fail(client: httpx.Client, kind: str, number: int) -> tuple[int, httpx.Response]:
    """Nanoseconds, and the answer; each time as another client."""
    form = {"email": email_of(kind, number // OF_ACCOUNT + 1), "password": "wrong, and long enough"}
    address = f"10.{KINDS.index(kind)}.{number // 250}.{number % 250}"
    began = time.perf_counter_ns()
    answer = client.post("/desk/sign-in", data=form, headers={"X-Forwarded-For": address})
    return time.perf_counter_ns() - began, answer


@pytest.mark.timeout(900)
def test_how_long_a_failure_takes_does_not_tell_whether_there_is_such_a_user(
    server: Server,
) -> None:
    times: dict[str, list[int]] = {kind: [] for kind in KINDS}
    with httpx.Client(base_url=server.url, headers=OWN, timeout=30) as client:
        for number in range(WARMING_UP + SAMPLES):
            for kind in random.sample(KINDS, len(KINDS)):
                taken, answer = fail(client, kind, number)
                assert answer.status_code == 422
                times[kind].append(taken)
    arrays: dict[str, NDArray[np.int64]] = {
        kind: np.array(each[WARMING_UP:]) for kind, each in times.items()
    }
    stranger = arrays.pop("isn't here")
    for kind, known in arrays.items():
        area = area_under_curve(known, stranger)
        print(f"{kind} / isn't here: {area:.4f}, median {np.median(known) / 1e6:.2f} ms")
        error = standard_error(len(known), len(stranger))
        assert abs(area - 0.5) <= MOST_TOLD + CHANCE * error, kind


def test_all_failures_say_the_same(server: Server) -> None:
    said = set()
    with httpx.Client(base_url=server.url, headers=OWN, timeout=30) as client:
        for kind in KINDS:
            _, answer = fail(client, kind, WARMING_UP + SAMPLES)
            varying = {"x-request-id", "date"}
            headers = tuple(h for h in answer.headers.multi_items() if h[0] not in varying)
            said.add((answer.status_code, re.sub(r"p\d{7}@", "", answer.text), headers))
    assert len(said) == 1
