"""Two hundred ask for a link at the same instant: it opens exactly as often as it may.

All but the last byte of each request is sent first, then all the last bytes. The ordinary suite runs
four rounds for each case; `LISTENLINK_TEST_FULL=1` five hundred.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from cast import Server, share
from live.load import FULL, SHARED, WORKERS, get, link_number, make_links, serving
from trust.figures import figure

ROUNDS = 500 if FULL else 4
RACERS = 200


@pytest.mark.timeout(1800 if FULL else 180)
@pytest.mark.parametrize("workers", WORKERS)
def test_a_link_opens_exactly_as_often_as_it_may(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers) as server:
        run_races(server, tmp_path, ROUNDS)


@pytest.mark.timeout(600)
def test_four_workers_race_too(tmp_path: Path) -> None:
    with serving(tmp_path, 4) as server:
        run_races(server, tmp_path, max(ROUNDS // 5, 2))


def run_races(server: Server, folder: Path, rounds: int) -> None:
    """Each round for a limit of one, of two, and of some number; sometimes for one of none, which nobody can
    ask for, so it's written beside the server."""
    make_links(server, folder)
    song = first_track(server)
    with server.owner() as owner:
        for round_number in range(rounds):
            none = [] if round_number % 10 else [0]
            for most in (*none, 1, 2, 2 + round_number % (RACERS - 2)):
                link = share(owner, song, max_opens=most or 1)
                if most == 0:
                    change = "UPDATE shares SET max_opens = 0 WHERE id = ?"
                    server.change(change, link_number(link))
                given = race(server.port, SHARED + str(link["token"]))
                figure("rounds", 1)
                figure("opens too many or too few", abs(given[200] - most))
                assert (given[200], given[404], given.total()) == (most, RACERS - most, RACERS)
                check_the_count(server, link_number(link), most)


def first_track(server: Server) -> str:
    ((number,),) = server.query("SELECT id FROM tracks")
    return f"mtrack_{number:012x}"


def race(port: int, path: str) -> Counter[int]:
    """Statuses of all racers' answers."""
    with contextlib.ExitStack() as stack:
        racers = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            for _ in range(RACERS)
        ]
        for number, racer in enumerate(racers):
            racer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            racer.sendall(get(path, f"198.51.100.{number}").raw[:-1])
        time.sleep(0.02)
        for racer in racers:
            racer.send(b"\n")
        return Counter(read_status(racer) for racer in racers)


def read_status(racer: socket.socket) -> int:
    received = b""
    while len(received) < 12:
        more = racer.recv(65536)
        assert more, "closed without an answer"
        received += more
    return int(received[9:12])


def check_the_count(server: Server, number: int, most: int) -> None:
    """The link's own count and the audit agree with what was answered."""
    assert server.query("SELECT opens FROM shares WHERE id = ?", number) == [(most,)]
    lines = server.query(
        "SELECT outcome, count(*) FROM audit WHERE share_id = ? GROUP BY 1", number
    )
    assert dict(lines).get(1, 0) == most
    assert sum(count for _, count in lines) == RACERS
