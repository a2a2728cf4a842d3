"""kill -9 while webhooks are sent, at any moment: nothing that happened stays untold, and of each endpoint at
most one thing for each kill is told twice.

What a killed node had taken is sent again a minute later; that the minute is over is said by hand.
The ordinary suite kills six times; `LISTENLINK_TEST_FULL=1` twenty.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from cast import Server, upload
from media.make_audio import make
from outbound.receiver import Receiver, answer, receiving
from trust.figures import FULL

KILLS = 20 if FULL else 6
# What tells looks each second, and at once when a server starts.
LATEST_KILL_SECONDS = 2.5 if FULL else 1.5
OPENED_BETWEEN = 6
SOON_SECONDS = 60.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = {"OUTBOUND_NETWORKS": "127.0.0.0/8", "TRUSTED_PROXIES": "127.0.0.1/32"}
    running = Server(tmp_path / "data", settings | {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    running.create()
    running.start()
    yield running
    if running.process is not None:
        running.stop()


def make_links(server: Server, tmp_path: Path, count: int) -> list[tuple[str, str]]:
    """The id and the token of each."""
    with server.owner() as owner:
        song = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000))["id"]
        recipients = [{"label": f"No. {number}"} for number in range(count)]
        told = owner.post(f"/tracks/{song}/share/batch", json={"recipients": recipients})
        return [(link["id"], link["token"]) for link in told.json()["items"]]


def add_webhook(server: Server, receiver: Receiver) -> None:
    with server.owner() as owner:
        said = {"url": receiver.url, "events": ["link.opened"]}
        assert owner.post("/webhooks", json=said).status_code == 201


def open_links(server: Server, links: list[tuple[str, str]]) -> set[str]:
    """The ids of those whose open was answered: the rest may be open, too, and told."""
    opened: set[str] = set()
    with server.listener() as listener:
        for number, token in links:
            try:
                told = listener.get(f"/v1/music/shared/{token}")
            except httpx.HTTPError:
                return opened
            if told.status_code == 200:
                opened.add(number)
    return opened


def told_by(receiver: Receiver) -> list[str]:
    """The link that each request is about, in order."""
    return [str(json.loads(one.body)["data"]["link_id"]) for one in receiver.received]


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    """Answer after a while, so that kills find what is on its way."""
    time.sleep(random.uniform(0, 0.1))  # noqa: S311
    answer(204)(handler)


def open_and_kill(server: Server, links: list[tuple[str, str]]) -> set[str]:
    """Open links, kill the server at some moment, start it; which were opened."""
    killer = threading.Timer(random.uniform(0.05, LATEST_KILL_SECONDS), server.kill)  # noqa: S311
    killer.start()
    opened = open_links(server, links)
    killer.join()
    server.change("UPDATE deliveries SET taken_until = 1 WHERE taken_until IS NOT NULL")
    server.start()
    return opened


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON_SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.1)


@pytest.mark.timeout(600)
def test_nothing_is_lost_and_little_is_told_twice(server: Server, tmp_path: Path) -> None:
    links = make_links(server, tmp_path, KILLS * OPENED_BETWEEN)
    opened: set[str] = set()
    with receiving() as slow, receiving() as quick:
        slow.answering = dawdle
        for receiver in (slow, quick):
            add_webhook(server, receiver)
        for begin in range(0, len(links), OPENED_BETWEEN):
            opened |= open_and_kill(server, links[begin : begin + OPENED_BETWEEN])
        wait_until(lambda: all(opened <= set(told_by(one)) for one in (slow, quick)))
        waits = "SELECT count(*) FROM deliveries WHERE due_at IS NOT NULL"
        wait_until(lambda: server.query(waits) == [(0,)])
        assert len(opened) > KILLS * OPENED_BETWEEN / 3
        for receiver in (slow, quick):
            told = told_by(receiver)
            print(
                f"{len(opened)} opened, {len(set(told))} told, {len(told) - len(set(told))} twice"
            )
            assert len(told) - len(set(told)) <= KILLS
            assert set(told) <= {number for number, _ in links}
            # What is told again is the same message, by which a receiver knows it.
            assert len({one.headers["webhook-id"] for one in receiver.received}) == len(set(told))
        assert server.query("SELECT count(*) FROM deliveries WHERE failure IS NOT NULL") == [(0,)]
