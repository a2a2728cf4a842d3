"""A refusal tells nothing: not by its bytes, and not by how long it takes, at any door.

The area under the curve (AUC) is the chance that an answer of one kind took longer than one of another:
0.5 says nothing. With `LISTENLINK_TEST_FULL=1` 8,000 samples of each kind are taken at each door, and each
kind is compared with each other. The ordinary suite takes 600 at the open, and few at the doors that look
links up in another way, where each kind is compared with all others together; it allows for what chance does
with so few.
"""

from __future__ import annotations

import gc
import itertools
import random
import re
import socket
import time
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from cast import Server
from engines import ENGINE, SQLITE
from journeys.refused_everywhere import KINDS, NEVER_WAS, EndedLinks
from journeys.token_doors import DOORS, Asked, Door, ask_for
from live.load import FULL, SHARED, make_links, serving
from trust.figures import figure

MANY, FEW = (8000, 8000) if FULL else (600, 100)
_OTHERWISE = ("player", "standing, session", "listen, session", "save")
# On the other database the first of these and the last.
_SOME = ("open", *_OTHERWISE) if ENGINE == SQLITE else ("open", _OTHERWISE[-1])
MEASURED = [door for door in DOORS if FULL or door.name in _SOME]
WARMING_UP = 200 if FULL else 20
SAME_ASKED, MALFORMED_ASKED = (100, 15) if FULL else (20, 3)
MOST_TOLD = 0.02
# Chance moves the AUC by so many standard errors less than once in a million times.
CHANCE = 0 if FULL else 5
Times = dict[str, NDArray[np.int64]]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, EndedLinks]]:
    """A server without limits, and links that are refused, by the reason."""
    folder = tmp_path_factory.mktemp("refused")
    with serving(folder) as server:
        make_links(server, folder)
        ((number,),) = server.query("SELECT id FROM tracks")
        server.wait_until_derived()
        yield server, EndedLinks(server, f"mtrack_{number:012x}")


def ask(stream: socket.socket, raw: bytes) -> tuple[int, bytes]:
    """One request on a connection that is kept: nanoseconds until the whole answer was here, and it."""
    began = time.perf_counter_ns()
    stream.sendall(raw)
    received = b""
    end = 0
    while not end or len(received) < end:
        more = stream.recv(65536)
        assert more, received
        received += more
        head_end = received.find(b"\r\n\r\n") + 4
        if not end and head_end > 3:
            (length,) = re.findall(rb"(?i)\r\ncontent-length: (\d+)", received[:head_end])
            end = head_end + (0 if raw.startswith(b"HEAD ") else int(length))
    return time.perf_counter_ns() - began, received


def test_all_refusals_are_the_same_bytes(refused: tuple[Server, EndedLinks]) -> None:
    """But for the request's own number and the time; each is asked for by a client of its own."""
    server, links = refused
    malformed = [
        "x",
        "shr_",
        "SHR_" + "0" * 32,
        "shr_" + "A" * 32,
        "shr_" + "0" * 33,
        "shr_%30",
        "~" * 300,
    ]
    (door,) = (door for door in DOORS if door.name == "open")
    asked = [(kind, ask_for(links, door, kind)) for _ in range(SAME_ASKED) for kind in door.kinds()]
    asked += [
        ("otherwise", Asked("GET", SHARED + token, {}, b""))
        for token in malformed * MALFORMED_ASKED
    ]
    answers: set[bytes] = set()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
        for number, (_, request) in enumerate(asked):
            _, answer = ask(stream, request.raw(f"198.18.{number // 250}.{number % 250}"))
            masked, count = re.subn(
                rb'("(?:trace_id|timestamp)":"|\r\n(?:x-request-id|date): )[^"\r]+', rb"\1", answer
            )
            assert count == 4
            answers.add(masked)
    figure("refusals compared", len(asked))
    figure("kinds of refusal", len({kind for kind, _ in asked}))
    figure("different refusals", len(answers))
    (only,) = answers
    assert only.startswith(b"HTTP/1.1 404 ")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("door", MEASURED, ids=lambda door: str(door.name))
def test_how_long_a_refusal_takes_does_not_tell_its_reason(
    door: Door, refused: tuple[Server, EndedLinks]
) -> None:
    samples = MANY if door.name == "open" else FEW
    taken = take_samples(*refused, door, samples)
    told: dict[str, tuple[float, float]] = {}
    for times in split(taken, door):
        told |= compare_with_rest(times) | (compare(times) if samples == MANY else {})
    for kind, each in taken.items():
        print(f"{door.name}: {kind}: median {np.median(each) / 1000:.1f} µs")
    for kinds, (area, _) in told.items():
        print(f"{door.name}: {kinds}: {area:.4f}")
    most = max(told.values(), key=lambda one: abs(one[0] - 0.5))
    print(f"{door.name}: most: {most[0]:.4f}")
    figure("doors measured", 1)
    figure("samples", sum(map(len, taken.values())))
    figure("furthest from 0.5", round(abs(most[0] - 0.5), 4), joined="most")
    assert {
        kinds: area
        for kinds, (area, error) in told.items()
        if abs(area - 0.5) > MOST_TOLD + CHANCE * error
    } == {}


def split(times: Times, door: Door) -> list[Times]:
    """The kinds that mustn't be told apart. Whoever has a signed address was given it by the link, and knows
    whether that leads to a track or to a collection."""
    if not door.is_signed:
        return [times]
    of_collections = {kind: taken for kind, taken in times.items() if KINDS[kind].is_collection}
    of_tracks = {kind: taken for kind, taken in times.items() if kind not in of_collections}
    return [of_tracks, of_collections]


def take_samples(server: Server, links: EndedLinks, door: Door, samples: int) -> Times:
    """Times by kind. Each round asks for all kinds once, in an order of its own, on one connection."""
    # Nobody without the keys has an address signed for a link that never was; its row isn't there to be read.
    kinds = [kind for kind in door.kinds() if kind != NEVER_WAS]
    times: dict[str, list[int]] = {kind: [] for kind in kinds}
    # Made beforehand: whoever works between two requests has a colder cache for the second.
    raw = {
        kind: [ask_for(links, door, kind).raw("203.0.113.9") for _ in range(WARMING_UP + samples)]
        for kind in kinds
    }
    statuses: set[bytes] = set()
    gc.disable()
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as stream:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for round_ in range(WARMING_UP + samples):
                random.shuffle(kinds)
                for kind in kinds:
                    taken, answer = ask(stream, raw[kind][round_])
                    times[kind].append(taken)
                    statuses.add(answer[9:12])
    finally:
        gc.enable()
    assert statuses <= {b"302", b"403", b"404"}
    assert len(statuses) == 1
    return {kind: np.array(taken[WARMING_UP:]) for kind, taken in times.items()}


def compare(times: Times) -> dict[str, tuple[float, float]]:
    """Of each two kinds, the AUC and its standard error by chance."""
    return {
        f"{one} / {other}": (
            area_under_curve(times[one], times[other]),
            standard_error(len(times[one]), len(times[other])),
        )
        for one, other in itertools.combinations(times, 2)
    }


def compare_with_rest(times: Times) -> dict[str, tuple[float, float]]:
    """Of each kind and all others together."""
    told = {}
    for kind, taken in times.items():
        rest = np.concatenate([others for other, others in times.items() if other != kind])
        told[kind] = area_under_curve(taken, rest), standard_error(len(taken), len(rest))
    return told


def standard_error(one: int, other: int) -> float:
    """Of the AUC of so many samples and so many others, if they don't differ (Mann and Whitney, 1947)."""
    return float(((one + other + 1) / (12 * one * other)) ** 0.5)


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
