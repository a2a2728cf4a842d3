"""What the limits cost: memory for a million clients, forgetting the old ones, time per decision.

The million is counted in a process of its own, so that nothing else is measured; it takes seconds.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
import tracemalloc

import pytest

from listenlink.model.client_logs import BUCKETS, FEW
from listenlink.model.limit import WINDOW_US, HitLimit, MissLimit
from trust.figures import figure

MEGABYTE = 1_000_000
CLIENTS = 1_000_000

# Clients as they come: IPv6 /64 numbers, 65 bits wide, spread over one window. Prints RSS in bytes.
_FILL = """
import sys, hashlib
from listenlink.model.limit import HitLimit, MissLimit
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
clients, kind, times = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = HitLimit(120) if kind == "hits" else MissLimit(20)
dead = [hashlib.sha256(b"dead link %d" % number).digest() for number in range(times)]
before = resident()
for time in range(times):
    for number in range(clients):
        client = (1 << 64) | (number * 0x9E3779B97F4A7C15 & (1 << 64) - 1)
        tick = (time * clients + number) * 50 // times
        assert log.spend(client, tick) if kind == "hits" else log.spend(client, dead[time], tick)
print(len(log), resident() - before)
"""


def fill(kind: str, times: int, clients: int = CLIENTS) -> tuple[int, int]:
    """How many hits or misses a fresh process remembers, and by how many bytes it grew."""
    told = subprocess.run(
        [sys.executable, "-c", _FILL, str(clients), kind, str(times)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout.split()
    return int(told[0]), int(told[1])


@pytest.mark.parametrize("times", [1, FEW])
@pytest.mark.parametrize("kind", ["hits", "misses"])
def test_a_million_clients_fit_in_64_megabytes(kind: str, times: int) -> None:
    remembered, grown = fill(kind, times)
    figure("grown by a million clients, MB", round(grown / MEGABYTE), joined="most")
    assert remembered == times * CLIENTS
    # Fewer bytes than a client and a tick alone need would mean that nothing was measured.
    assert 17 * times * MEGABYTE < grown <= 64 * MEGABYTE


@pytest.mark.parametrize("kind", ["hits", "misses"])
def test_clients_that_stay_away_are_forgotten_and_their_memory_is_free(kind: str) -> None:
    hits, misses, dead = HitLimit(120), MissLimit(20), hashlib.sha256(b"dead").digest()

    def spend(client: int, tick: int) -> bool:
        if kind == "hits":
            return hits.spend(client, tick) is not None
        return misses.spend(client, dead, tick)

    tracemalloc.start()
    try:
        for client in range(100_000):
            spend(client, client)
        full = tracemalloc.get_traced_memory()[0]
        for window in range(1, 4):
            spend(1 << 64, window * (WINDOW_US + 100_000))
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(hits if kind == "hits" else misses) == 2
    # A pointer for each empty bucket, of three windows.
    empty = 3 * 8 * BUCKETS
    assert left < empty + 100_000 < full / 2


@pytest.mark.parametrize("times", [1, FEW + 1])
def test_what_is_forgotten_is_freed_bit_by_bit_by_whoever_asks(times: int) -> None:
    log, clients = HitLimit(10_000), 30_000
    tracemalloc.start()
    try:
        for client in range(clients):
            for _ in range(times):
                log.spend(client, 0)
        full = tracemalloc.get_traced_memory()[0]
        for turn in (1, 2):
            log.spend(1 << 64, turn * (WINDOW_US + 1))
        begun = tracemalloc.get_traced_memory()[0]
        for tick in range(clients // 4):
            log.spend(1 << 64, 2 * (WINDOW_US + 1) + tick)
        left = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert begun > 0.9 * full
    assert left < full / 2


def test_a_client_is_never_forgotten_within_its_window() -> None:
    for first in range(0, WINDOW_US, WINDOW_US // 50):
        log = HitLimit(1)
        log.spend(2, 0)
        assert log.spend(1, first)
        for tick in range(first + 1, first + WINDOW_US, WINDOW_US // 20):
            log.spend(tick, tick)
        assert not log.spend(1, first + WINDOW_US)


def test_a_flood_of_clients_does_not_free_a_spent_one() -> None:
    log = HitLimit(2)
    assert [log.spend(1, tick) is not None for tick in range(3)] == [True, True, False]
    for client in range(2, 100_000):
        log.spend(client, client)
    assert not log.spend(1, 100_000)


def test_a_decision_takes_well_under_100_microseconds_for_99_of_100() -> None:
    log, times = HitLimit(120), []
    for number in range(200_000):
        client, tick = number % 50_000, number * 900  # three windows: generations turn meanwhile
        begun = time.perf_counter_ns()
        log.peek(client, tick)
        log.spend(client, tick)
        times.append(time.perf_counter_ns() - begun)
    times.sort()
    figure("a decision, p99 in µs", times[len(times) * 99 // 100] / 1000, joined="most")
    assert times[len(times) * 99 // 100] <= 100_000
