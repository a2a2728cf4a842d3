"""The k-th system call of a kind fails: what was answered is in the audit, and the database is sound.

strace makes the k-th call of each thread fail while links are opened and played, for k from 1 to 3, and to 50
with `LISTENLINK_TEST_FULL=1`; then the server is killed, started, and its books are checked.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest

from cast import Server, share, upload
from engines import of_sqlite
from journeys.albums import make_album
from listenlink.model.ids import trace_id
from live.load import SHARED, Reply, Request, connected, get, make_links, press, serving
from live.traced import needs_strace, tracing
from media.make_audio import make
from trust.figures import FULL, figure

pytestmark = [of_sqlite, needs_strace]

WHICH = range(1, 51) if FULL else range(1, 4)
# Of which each has a file of its own: enough for each thread to open one as often.
TRACKS = 150 if FULL else 12
FAULTS = {"fdatasync": "EIO", "pwrite64": "ENOSPC", "openat": "EMFILE"}
PLAYED = re.compile(rb'"playback_url":"[^"]*?(/v1/[^"]*)"')
MOST_PLAYS = 1000
SECONDS = 0.4
MOST_SECONDS = 3.0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("call", FAULTS)
def test_nothing_acknowledged_is_lost(tmp_path: Path, call: str) -> None:
    with serving(tmp_path) as server:
        links = make_links(server, tmp_path, {}, {"max_opens": 10**6})
        if call == "openat":
            links = [share_many(server, tmp_path), links[1]]
        server.wait_until_derived()
        paths = [SHARED + str(link["token"]) for link in links]
        opened: set[str] = set()
        for number in WHICH:
            if call == "openat":
                # Started anew, so that files are opened, too.
                server.kill()
                server.start()
            told = tmp_path / f"{call}-{number}"
            failing = f"inject={call}:error={FAULTS[call]}:when={number}"
            with tracing(server, told, "-e", f"trace={call}", "-e", failing):
                opened |= asyncio.run(listen_until_it_failed(server.port, paths, told))
            figure("rounds with a fault", int(count_faults(told) > 0), of=1)
            server.kill()
            server.start()
            check_the_books(server, opened)
            assert asyncio.run(listen_until_it_failed(server.port, paths, None))
        figure("answered opens", len(opened))


def share_many(server: Server, folder: Path) -> dict[str, Any]:
    """A link to tracks of many files: each play opens one of them."""
    with server.owner() as owner:
        songs = [
            upload(owner, make("wav16", folder / f"{number}.wav", sample_count=5000 + number))
            for number in range(TRACKS)
        ]
        return share(owner, make_album(owner, songs))


def count_faults(told: Path) -> int:
    return told.read_text(errors="replace").count("(INJECTED)")


async def listen_until_it_failed(port: int, paths: list[str], told: Path | None) -> set[str]:
    """Open and play for a while, and until the call has failed; the traces of what was opened. Whatever is
    answered otherwise is a 503, and the server may end."""
    opened: set[str] = set()
    plays: list[str] = []
    began_at = time.monotonic()

    def is_over() -> bool:
        took = time.monotonic() - began_at
        if told is None:
            return took > 0.05 and bool(opened)
        return took > MOST_SECONDS or (took > SECONDS and bool(count_faults(told)))

    def choose() -> Request | None:
        if is_over():
            return None
        if plays and random.random() < 0.9:  # noqa: S311
            return get(plays.pop(), "203.0.113.8", "play", Range="bytes=0-99")
        return get(random.choice(paths), f"203.0.113.{random.randrange(40)}", "open")  # noqa: S311

    def heard(reply: Reply) -> None:
        assert reply.status in (200, 206, 503), reply
        if reply.status == 503:
            assert int(reply.header("retry-after")) >= 1
        elif reply.name == "open":
            opened.add(reply.trace)
            found = [url.decode() for url in PLAYED.findall(reply.body)]
            assert found, reply.body[:300]
            plays.extend(random.sample(found, len(found)))
            del plays[:-MOST_PLAYS]

    with contextlib.suppress(OSError):
        async with connected(port, 8) as connections:
            await asyncio.wait_for(press(connections, choose, heard), 30)
    return opened


def check_the_books(server: Server, opened: set[str]) -> None:
    """All that was answered has its line, every count is that of its lines, and the file is sound."""
    integrity = server.query("PRAGMA integrity_check")
    figure("not sound when opened again", int(integrity != [("ok",)]), of=1)
    assert integrity == [("ok",)]
    lines = server.query("SELECT trace FROM audit WHERE outcome = 1")
    lost = opened - {trace_id(trace) for (trace,) in lines}
    figure("acknowledged and lost", len(lost))
    assert lost == set()
    ((opens, counted),) = server.query(
        "SELECT s.opens, (SELECT count(*) FROM audit a WHERE a.share_id = s.id AND a.outcome = 1) "
        "FROM shares s WHERE max_opens IS NOT NULL"
    )
    assert opens == counted
