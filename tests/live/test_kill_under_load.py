"""kill -9 under full load: what was answered is in the audit, no link opens too often, and it's back.

The ordinary suite kills twice for each number of workers; `LISTENLINK_TEST_FULL=1` twenty times.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cast import Server
from listenlink.model.ids import trace_id
from listenlink.store.audit import open_counts
from live.load import (
    FULL,
    SHARED,
    WORKERS,
    Reply,
    Request,
    connected,
    get,
    make_links,
    press,
    serving,
)
from trust.figures import figure

KILLS, LATEST_KILL_SECONDS = (20, 1.6) if FULL else (2, 0.8)
# By the seconds between kills.
LEAST_OPENS = 300 if FULL else 150
CONNECTIONS = 64
MOST_OPENS = [3, 400, 5000, *[10**6] * 5, *[None] * 4]
# On an idle machine it's far quicker; this one may be shared.
BACK_WITHIN_SECONDS = 5.0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("workers", WORKERS)
def test_no_answered_open_is_missing_after_kills_under_load(tmp_path: Path, workers: int) -> None:
    with serving(tmp_path, workers) as server:
        links = make_links(server, tmp_path, *({"max_opens": most} for most in MOST_OPENS))
        choose = chooser([SHARED + str(link["token"]) for link in links])
        answered: set[str] = set()
        for _ in range(KILLS):
            heard, rate = asyncio.run(open_until_killed(server, choose))
            answered |= heard
            began = time.monotonic()
            server.start()
            took = time.monotonic() - began
            print(f"{workers} workers: {rate:.0f} resolves/s, back after {took * 1000:.0f} ms")
            figure("kills", 1)
            figure("resolves a second, least", round(rate), joined="least")
            figure("listening again, slowest", round(took, 3), unit=" s", joined="most")
            assert took <= BACK_WITHIN_SECONDS
            check_the_books(server, answered)
        figure("answered opens", len(answered))
        assert len(answered) > LEAST_OPENS * KILLS


def chooser(paths: list[str]) -> Callable[[], Request]:
    """Any link, asked for by any of some clients."""
    requests = [get(path, f"203.0.113.{n}") for path in paths for n in range(40)]
    return lambda: random.choice(requests)  # noqa: S311


async def open_until_killed(
    server: Server, choose: Callable[[], Request]
) -> tuple[set[str], float]:
    """Open links until the server is killed at some moment; what opened, and how many answers a second."""
    traces: set[str] = set()
    answers = 0

    def heard(reply: Reply) -> None:
        nonlocal answers
        assert reply.status in (200, 404, 503), reply
        answers += 1
        if reply.status == 200:
            traces.add(reply.trace)

    assert server.process is not None
    group = server.process.pid
    async with connected(server.port, CONNECTIONS) as connections:
        seconds = random.uniform(0.4, LATEST_KILL_SECONDS)  # noqa: S311
        asyncio.get_running_loop().call_later(seconds, os.killpg, group, signal.SIGKILL)
        await asyncio.wait_for(press(connections, choose, heard), 30)
    server.kill()
    return traces, answers / seconds


def check_the_books(server: Server, answered: set[str]) -> None:
    """The database is whole; every answered open has its line; every count is that of the lines."""
    if server.engine == "sqlite":
        assert server.query("PRAGMA integrity_check") == [("ok",)]
    audited = {
        trace_id(trace) for (trace,) in server.query("SELECT trace FROM audit WHERE outcome = 1")
    }
    figure("answered opens missing from the audit", len(answered - audited))
    assert answered - audited == set()
    counted = server.query(
        "SELECT s.id, s.max_opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id "
        "AND a.outcome = 1) FROM shares s"
    )
    assert len(counted) == len(MOST_OPENS)
    database = server.backend.open()
    told = database.read_now(lambda c: open_counts.find_opens(c, [row[0] for row in counted]))
    database.close()
    miscounted = [row for row in counted if told[row[0]] != row[2]]
    above = [row for row in counted if row[1] is not None and told[row[0]] > row[1]]
    figure("links whose count isn't that of their lines", len(miscounted))
    figure("links above their limit", len(above))
    assert miscounted == above == []
