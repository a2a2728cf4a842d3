"""Two nodes behind nginx or Caddy, as `deploy/` has them, restarted one after the other under load."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cast import Server, free_port, share, upload
from live.load import FULL, SHARED, Reply, Request, connected, get, make_links, press, serving
from live.proxy import caddy_before, needs_caddy, needs_nginx, nginx_before
from media.make_audio import make

REQUESTS = 10_000 if FULL else 1000
CONNECTIONS = 16
# Some load between a node's return and the next one's end; the proxies need none.
BETWEEN_SECONDS = 0.5 if FULL else 0.2
# The proxies need no longer; and a rest between a connection's requests leaves others the processors.
LEAVE_AFTER_SECONDS, REST_SECONDS = ("2", 0.0) if FULL else ("1", 0.02)


def second_node(first: Server) -> Server:
    """Another server on the same folder, which the limits being off allows."""
    return Server(
        first.data,
        first.settings,
        organization_id=first.organization_id,
        api_key=first.api_key,
    )


@pytest.mark.parametrize(
    "proxy",
    [
        pytest.param(nginx_before, marks=needs_nginx, id="nginx"),
        pytest.param(caddy_before, marks=needs_caddy, id="caddy"),
    ],
)
def test_no_request_fails_while_one_node_after_the_other_is_restarted(
    tmp_path: Path, proxy: Callable[..., AbstractContextManager[None]]
) -> None:
    port, logs = free_port(), tmp_path / "proxy"
    url = f"http://127.0.0.1:{port}"
    with serving(tmp_path, PUBLIC_URL=url, LEAVE_AFTER_SECONDS=LEAVE_AFTER_SECONDS) as first:
        second = second_node(first)
        second.start()
        try:
            with proxy(logs, port, first.port, second.port):
                answers = asyncio.run(
                    restart_under_load(port, choose_for(first, tmp_path), first, second)
                )
        finally:
            second.stop()
        opened = first.query("SELECT count(*) FROM audit WHERE outcome = 1")
        made = first.query("SELECT count(*) FROM shares")
    print(dict(answers))
    assert sum(answers.values()) >= REQUESTS
    assert {status for _, status in answers} <= {200, 201, 206}
    assert opened == [(answers["open", 200],)]
    assert made == [(answers["make", 201] + 1,)]
    for log in logs.iterdir():
        assert not log.is_file() or "shr_" not in log.read_text()


@needs_caddy
def test_caddy_tells_who_is_connected_whoever_they_say_they_are(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, PUBLIC_URL=f"http://127.0.0.1:{port}") as server:
        (link,) = make_links(server, tmp_path, {})
        with caddy_before(tmp_path / "proxy", port, server.port):
            said = {"X-Forwarded-For": "203.0.113.9"}
            url = f"http://127.0.0.1:{port}{SHARED}{link['token']}"
            assert httpx.get(url, headers=said).status_code == 200
        assert {line["client_prefix"] for line in server.audit()} == {"127.0.0.0/24"}


def choose_for(server: Server, folder: Path) -> list[Request]:
    """What is asked: mostly opens, some audio, and some links made, which nginx may not ask twice."""
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "song.wav"))
        link = share(owner, song["id"])
    opened = httpx.get(server.url + SHARED + link["token"]).json()
    audio = "/" + opened["track"]["playback_url"].split("/", 3)[3]
    body = b"{}"
    head = (
        f"POST /v1/music/{server.organization_id}/tracks/{song['id']}/share HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nX-API-Key: {server.api_key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    opens = [get(SHARED + link["token"], name="open")] * 40
    return [
        *opens,
        *[get(audio, name="audio", Range="bytes=0-99")] * 8,
        Request("make", head.encode() + body),
    ]


async def restart_under_load(
    port: int, requests: list[Request], *nodes: Server
) -> Counter[tuple[str, int]]:
    """What was answered from before the first node is told to stop until both are back."""
    answers: Counter[tuple[str, int]] = Counter({("open", 200): 1})
    restarting = asyncio.create_task(asyncio.to_thread(restart_in_turn, nodes))

    def choose() -> Request | None:
        is_done = restarting.done() and sum(answers.values()) >= REQUESTS
        return None if is_done else random.choice(requests)  # noqa: S311

    def heard(reply: Reply) -> None:
        answers[reply.name, reply.status] += 1

    async with connected(port, CONNECTIONS) as connections:
        await press(connections, choose, heard, REST_SECONDS)
    await restarting
    return answers


def restart_in_turn(nodes: tuple[Server, ...]) -> None:
    """What docs/operating.md says: stop one, wait until it's back, then the next."""
    for node in nodes:
        time.sleep(BETWEEN_SECONDS)
        leave(node)
        node.start()
    time.sleep(BETWEEN_SECONDS)


def leave(node: Server) -> None:
    """SIGTERM; it's gone, with exit status 0, in time."""
    assert node.process is not None
    node.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 1
    while (told := httpx.get(node.url + "/readyz")).status_code != 503:
        assert time.monotonic() < deadline
    assert told.json()["status"] == "leaving"
    assert told.headers["connection"] == "close"
    assert node.process.wait(20) == 0
    node.process = None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["sigterm", "sigint"])
def test_what_was_begun_is_finished(tmp_path: Path, how: signal.Signals) -> None:
    """An upload is half-way when the server is told to stop; it's taken in, and then the server goes."""
    song = make("wav16", tmp_path / "song.wav", sample_count=400_000).read_bytes()
    with serving(tmp_path, LEAVE_AFTER_SECONDS="0") as server:

        def slowly() -> Iterator[bytes]:
            yield b'--b\r\nContent-Disposition: form-data; name="engine"\r\n\r\nstudio\r\n'
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
            yield song[:200_000]
            assert server.process is not None
            time.sleep(0.3)
            server.process.send_signal(how)
            time.sleep(1)
            yield song[200_000:] + b"\r\n--b--\r\n"

        with server.owner() as owner:
            answer = owner.post(
                "/tracks",
                content=slowly(),
                headers={"Content-Type": "multipart/form-data; boundary=b"},
            )
        assert answer.status_code == 201, answer.text
        assert server.process is not None
        assert server.process.wait(15) == 0
        server.process = None
        assert server.query("SELECT count(*) FROM tracks") == [(1,)]


class Leave(NamedTuple):
    """How a server left that was told to: its status, after how many seconds, and what its log says."""

    status: int
    seconds: float
    log: str


def leave_an_endless_request(folder: Path) -> Leave:
    with serving(folder, LEAVE_AFTER_SECONDS="0") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as stream:
            stream.sendall(
                f"POST /v1/music/{server.organization_id}/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                f"X-API-Key: {server.api_key}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
                "Content-Length: 1000\r\n\r\n--b\r\n".encode()
            )
            time.sleep(0.5)
            assert server.process is not None
            began = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            status, seconds = server.process.wait(20), time.monotonic() - began
        server.process = None
        assert server.log is not None
        return Leave(status, seconds, server.log.read_text())


@pytest.fixture(scope="module", autouse=True)
def endless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Leave]]:
    """Begun before the first test: it takes long, and the others go on meanwhile."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(leave_an_endless_request, tmp_path_factory.mktemp("endless"))


def test_who_waits_for_events_is_sent_away(tmp_path: Path) -> None:
    with serving(tmp_path, LEAVE_AFTER_SECONDS="0") as server:
        (link,) = make_links(server, tmp_path, {})
        path = server.url + SHARED + link["token"]
        session = httpx.get(path).headers["listen-session"]
        with httpx.stream("GET", path + "/events", headers={"Listen-Session": session}) as events:
            assert events.status_code == 200
            told = events.iter_text()
            next(told)
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            assert "ended" not in "".join(told)
            assert time.monotonic() - began < 3
        assert server.process.wait(5) == 0
        server.process = None


def test_a_request_that_never_ends_is_cut_off_in_the_end(endless: Future[Leave]) -> None:
    left = endless.result()
    assert left.status == 0
    assert 8 < left.seconds < 13
    assert '"requests_cut_off"' in left.log
