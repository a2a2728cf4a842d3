"""A refusal tells nothing: not by its bytes, and not by how long it takes.

The area under the curve (AUC) is the chance that an answer of one kind took longer than one of another:
0.5 says nothing. The ordinary suite takes 1,500 samples of each kind, and allows for what chance does
with so few; `LISTENLINK_TEST_FULL=1` takes 8,000.
"""

from __future__ import annotations

import gc
import itertools
import random
import re
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cast import Server
from journeys.refused import new_suspended
from live.load import FULL, SHARED, get, link_number, make_links, serving

SAMPLES = 8000 if FULL else 1500
WARMING_UP = 200
# With n samples of each of two kinds, chance alone moves the AUC by a standard error of 1/√(6n).
CHANCE = (1 / (6 * SAMPLES)) ** 0.5
MOST_TOLD = 0.02 if FULL else 0.02 + 5 * CHANCE
LINKS_OF_A_KIND = 10
LONG_AGO = 1_000_000
Tokens = dict[str, Callable[[], str]]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Tokens]]:
    """A server without limits, and what gives tokens that are refused, by the reason."""
    folder = tmp_path_factory.mktemp("refused")
    with serving(folder) as server:
        yield server, make_refused(server, folder)


def make_refused(server: Server, folder: Path) -> Tokens:
    made = make_links(server, folder, *[{"max_opens": 1}] * (5 * LINKS_OF_A_KIND))
    kinds = ("revoked", "expired", "spent", "not started", "suspended")
    suspended = new_suspended(server)
    tokens: dict[str, list[str]] = defaultdict(list)
    for link, kind in zip(made, itertools.cycle(kinds), strict=False):
        tokens[kind].append(str(link["token"]))
        if kind == "expired":
            server.change(
                "UPDATE shares SET expires_at = ? WHERE id = ?", LONG_AGO, link_number(link)
            )
        elif kind == "not started":
            server.change("UPDATE shares SET starts_at = ? WHERE id = ?", 2**52, link_number(link))
        elif kind == "suspended":
            change = "UPDATE shares SET organization_id = ? WHERE id = ?"
            server.change(change, suspended, link_number(link))
        else:
            with server.owner() as owner, server.listener() as listener:
                if kind == "revoked":
                    assert owner.delete(f"/share/{link['id']}").status_code == 200
                else:
                    assert listener.get(SHARED + str(link["token"])).status_code == 200
    chosen: Tokens = {kind: _any_of(of_kind) for kind, of_kind in tokens.items()}
    return chosen | {"unknown": _unknown, "malformed": lambda: _unknown()[:-1] + "g"}


def _any_of(tokens: list[str]) -> Callable[[], str]:
    return lambda: random.choice(tokens)  # noqa: S311


def _unknown() -> str:
    return "shr_" + secrets.token_hex(16)


def ask(stream: socket.socket, raw: bytes) -> tuple[int, bytes]:
    """One request on a connection that is kept: nanoseconds until the whole answer was here, and it."""
    began = time.perf_counter_ns()
    stream.sendall(raw)
    received = b""
    end = 0
    while not end or len(received) < end:
        received += stream.recv(65536)
        head_end = received.find(b"\r\n\r\n") + 4
        if not end and head_end > 3:
            (length,) = re.findall(rb"(?i)\r\ncontent-length: (\d+)", received[:head_end])
            end = head_end + int(length)
    return time.perf_counter_ns() - began, received


def test_all_refusals_are_the_same_bytes(refused: tuple[Server, Tokens]) -> None:
    """But for the request's own number and the time; each is asked for by a client of its own."""
    server, tokens = refused
    malformed = [
        "x",
        "shr_",
        "SHR_" + "0" * 32,
        "shr_" + "A" * 32,
        "shr_" + "0" * 33,
        "shr_%30",
        "~" * 300,
    ]
    tokens = tokens | {"malformed, otherwise": lambda: random.choice(malformed)}  # noqa: S311
    answers: set[bytes] = set()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
        for number, (kind, token) in itertools.product(range(100), enumerate(tokens.values())):
            _, answer = ask(stream, get(SHARED + token(), f"198.18.{kind}.{number}").raw)
            masked, count = re.subn(
                rb'("(?:trace_id|timestamp)":"|\r\n(?:x-request-id|date): )[^"\r]+', rb"\1", answer
            )
            assert count == 4
            answers.add(masked)
    (only,) = answers
    assert only.startswith(b"HTTP/1.1 404 ")


@pytest.mark.timeout(600)
def test_how_long_a_refusal_takes_does_not_tell_its_reason(refused: tuple[Server, Tokens]) -> None:
    server, tokens = refused
    times = take_samples(server, tokens)
    told = {
        (one, other): area_under_curve(times[one], times[other])
        for one, other in itertools.combinations(times, 2)
    }
    for kind, taken in times.items():
        print(f"{kind}: median {np.median(taken) / 1000:.1f} µs")
    for (one, other), area in told.items():
        print(f"{one} / {other}: {area:.4f}")
    assert {pair: area for pair, area in told.items() if abs(area - 0.5) > MOST_TOLD} == {}


def take_samples(server: Server, tokens: Tokens) -> dict[str, NDArray[np.int64]]:
    """Times by kind. Each round asks for all kinds once, in an order of its own, on one connection."""
    times: dict[str, list[int]] = {kind: [] for kind in tokens}
    kinds = list(tokens)
    gc.disable()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(WARMING_UP + SAMPLES):
                random.shuffle(kinds)
                for kind in kinds:
                    raw = get(SHARED + tokens[kind](), "203.0.113.9").raw
                    times[kind].append(ask(stream, raw)[0])
    finally:
        gc.enable()
    return {kind: np.array(taken[WARMING_UP:]) for kind, taken in times.items()}


def area_under_curve(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """The chance that one of `one` is greater than one of `other`, by the sum of its ranks."""
    both = np.concatenate((one, other))
    _, place, counts = np.unique(both, return_inverse=True, return_counts=True)
    last_rank = np.cumsum(counts)
    ranks = (last_rank - (counts - 1) / 2)[place]
    above = ranks[: len(one)].sum() - len(one) * (len(one) + 1) / 2
    return float(above / (len(one) * len(other)))


def test_the_measure_itself_is_right() -> None:
    assert area_under_curve(np.array([1, 2, 3]), np.array([1, 2, 3])) == 0.5
    assert area_under_curve(np.array([4, 5]), np.array([1, 2, 3])) == 1.0
    assert area_under_curve(np.array([1, 3]), np.array([2, 2])) == 0.5
    assert area_under_curve(np.array([1, 1]), np.array([1, 2])) == 0.25
