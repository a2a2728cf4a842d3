"""Playback on PostgreSQL: however many ranges are asked for at a time, a node takes a few connections, and
opens, pages, other nodes and the operator get theirs.

The ordinary suite asks for 4 s; `LISTENLINK_TEST_FULL=1` for 30 s.
"""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

import servers
from cast import Server, share, upload
from engines import POSTGRESQL
from listenlink.store.database.postgres import MOST_CONNECTIONS
from live.load import FULL, SHARED, Reply, Request, connected, get, press
from media.make_audio import make

SECONDS = 30.0 if FULL else 4.0
ASKING = 300
# Three times what is promised: other work is on the machine too.
BUSY_WITHIN_SECONDS = 6.0
BACK_WITHIN_SECONDS = 15.0
# PostgreSQL's own default.
MAX_CONNECTIONS = 100
_PAGE = {"Accept": "text/html"}


class Place:
    """A node with audio in its folder, on a PostgreSQL that lets in as many as it does by itself."""

    def __init__(self, folder: Path) -> None:
        self.postgres = servers.new_postgres(connections=MAX_CONNECTIONS)
        url = servers.new_database(self.postgres)
        self.database = url.rpartition("/")[2]
        settings = {
            "DATABASE_URL": url,
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "RESOLVE_LIMIT_PER_MINUTE": "0",
        }
        self.server = Server(folder / "data", settings, engine=POSTGRESQL)
        self.server.create()
        self.server.start()
        song = make("wav16", folder / "a.wav", sample_count=30_000)
        with self.server.owner() as owner:
            self.track = upload(owner, song)["id"]
            self.link = str(share(owner, self.track)["token"])
        self.server.wait_until_derived()

    def playback_path(self) -> str:
        with self.server.listener() as listener:
            view = listener.get(SHARED + self.link).json()
        return httpx.URL(view["track"]["playback_url"]).path

    def count_connections(self) -> int:
        """As psql sees it, which asks from another database. Fails if psql isn't let in."""
        sql = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.database}'"  # noqa: S608
        return int(servers.run_sql(self.postgres, "postgres", sql))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    made = Place(tmp_path_factory.mktemp("place"))
    yield made
    made.server.stop()
    made.postgres.kill()


class Meanwhile:
    """Runs something again and again in a thread of its own, and keeps what it gave."""

    def __init__(self, work: Callable[[], Any], pause_seconds: float) -> None:
        self.results: list[Any] = []
        self._work = work
        self._pause_seconds = pause_seconds
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Meanwhile:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                self.results.append(self._work())
            except Exception as error:
                self.results.append(error)
            self._is_over.wait(self._pause_seconds)


async def ask_for_ranges(port: int, path: str, seconds: float) -> Counter[int]:
    """Ask on many connections at a time; how often which status came."""
    ends_at, statuses, asked = time.monotonic() + seconds, Counter[int](), 0

    def choose() -> Request | None:
        nonlocal asked
        asked += 1
        begin = asked * 100 % 50_000
        wanted = get(path, Range=f"bytes={begin}-{begin + 99}")
        return wanted if time.monotonic() < ends_at else None

    def heard(reply: Reply) -> None:
        statuses[reply.status] += 1

    async with connected(port, ASKING) as connections:
        await press(connections, choose, heard)
    return statuses


def cpu_seconds(server: Server) -> float:
    assert server.process is not None
    parent = psutil.Process(server.process.pid)
    times = [process.cpu_times() for process in [parent, *parent.children(recursive=True)]]
    return sum(each.user + each.system for each in times)


def test_many_ranges_at_a_time_leave_everybody_their_connections(place: Place) -> None:
    path = place.playback_path()

    def listen() -> tuple[int, int, int, float]:
        """An open, a page and a range, on a connection of their own."""
        began_at = time.monotonic()
        with place.server.listener() as listener:
            opened = listener.get(SHARED + place.link)
            page = listener.get(SHARED + place.link, headers=_PAGE)
            url = opened.json()["track"]["playback_url"] if opened.is_success else path
            played = listener.get(httpx.URL(url).path, headers={"Range": "bytes=0-9"})
        took = time.monotonic() - began_at
        return opened.status_code, page.status_code, played.status_code, took

    before = cpu_seconds(place.server)
    with Meanwhile(listen, 0.05) as others, Meanwhile(place.count_connections, 0.1) as counts:
        statuses = asyncio.run(ask_for_ranges(place.server.port, path, SECONDS))
    cpu_us = (cpu_seconds(place.server) - before) * 1e6 / sum(statuses.values())
    slowest = max((each[3] for each in others.results if isinstance(each, tuple)), default=0)
    print(
        f"{statuses.total() / SECONDS:.0f} ranges a second, {cpu_us:.0f} µs each: {dict(statuses)}"
    )
    print(f"connections {counts.results}; others {len(others.results)}, slowest {slowest:.2f} s")
    assert set(statuses) == {206}
    assert statuses.total() > 10 * ASKING
    failed = [each for each in others.results if not isinstance(each, tuple)]
    assert failed == []
    assert {each[:3] for each in others.results} == {(200, 200, 206)}
    assert len(others.results) >= SECONDS
    assert len(counts.results) >= SECONDS
    assert all(isinstance(count, int) and count <= MOST_CONNECTIONS for count in counts.results)


def test_while_postgresql_hangs_ranges_are_a_503_in_time_and_soon_all_is_well(
    place: Place,
) -> None:
    path = place.playback_path()
    place.postgres.send(signal.SIGSTOP)
    try:
        for _ in range(2):
            heard = asyncio.run(_ask_once(place.server.port, path, ASKING))
            assert {reply.status for reply in heard} == {503}
            assert all(int(reply.header("retry-after")) >= 1 for reply in heard)
            assert max(reply.heard_at - reply.asked_at for reply in heard) < BUSY_WITHIN_SECONDS
    finally:
        place.postgres.send(signal.SIGCONT)
    begun = time.monotonic()
    while {reply.status for reply in asyncio.run(_ask_once(place.server.port, path, 8))} != {200}:
        assert time.monotonic() - begun < BACK_WITHIN_SECONDS
    assert place.count_connections() <= MOST_CONNECTIONS


async def _ask_once(port: int, path: str, connections: int) -> list[Reply]:
    """One request on each of so many connections."""
    async with connected(port, connections) as made:
        return await asyncio.gather(*(connection.ask(get(path)) for connection in made))


def test_a_range_is_refused_from_the_moment_a_revocation_is_acknowledged(place: Place) -> None:
    """Also for a request that comes while reads of the same question are under way."""
    with place.server.owner() as owner, place.server.listener() as listener:
        for _ in range(3):
            link = share(owner, place.track)
            view = listener.get(SHARED + str(link["token"])).json()
            path = httpx.URL(view["track"]["playback_url"]).path
            revoked_at: list[float] = []

            def revoke(link_id: str = link["id"], at: list[float] = revoked_at) -> None:
                time.sleep(0.4)
                assert owner.delete(f"/share/{link_id}").status_code == 200
                at.append(time.monotonic())

            heard = asyncio.run(_ask_while(place.server.port, path, revoke))
            (at,) = revoked_at
            late = [reply.status for reply in heard if reply.asked_at > at]
            assert {reply.status for reply in heard} == {200, 403}
            assert len(late) > 20
            assert set(late) == {403}


async def _ask_while(port: int, path: str, work: Callable[[], None]) -> list[Reply]:
    """Ask on some connections, while `work` is done in a thread and a little longer."""
    heard: list[Reply] = []
    working = asyncio.create_task(asyncio.to_thread(work))
    left = 100

    def choose() -> Request | None:
        nonlocal left
        left -= working.done()
        return get(path) if left > 0 else None

    async with connected(port, 40) as connections:
        await press(connections, choose, heard.append)
        await working
    return heard
