"""Our clients in front of what fails: all is sent again where that may help, and nothing is done twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server
from fault_proxy import fault_proxy
from listenlink.client import Client, ListenlinkError
from live.awaited import KINDS, client_of
from lossy_proxy import LossyProxy, lossy_proxy
from media.make_audio import make
from ports import free_port

pytestmark = pytest.mark.parametrize("kind", KINDS)
SOON = {"longest_wait_seconds": 0.02}


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "Evening.wav", sample_count=5000)


@pytest.fixture
def proxy(server: Server) -> Iterator[LossyProxy]:
    """What is asked the first time is done, and its answer lost: a 503 is told, without when to ask again."""
    with lossy_proxy(server.port) as running:
        asked: set[str] = set()

        def is_first(line: str) -> bool:
            is_new = line not in asked
            asked.add(line)
            return is_new

        running.is_lost, running.when_to_retry = is_first, b""
        yield running


def counts(server: Server) -> tuple[int, ...]:
    tables = ("tracks", "collections", "collection_tracks", "shares", "api_keys", "webhooks")
    return tuple(server.query(f"SELECT count(*) FROM {one}")[0][0] for one in tables)  # noqa: S608


def test_whatever_is_made_is_made_once_though_each_first_answer_is_lost(
    server: Server, proxy: LossyProxy, song: Path, kind: str
) -> None:
    before = counts(server)
    with client_of(kind, proxy.url, server.api_key, **SOON) as client:
        track = client.upload(song, engine="studio")
        album = client.make_collection("Evening")
        assert client.add_track(album.id, track.id).track_count == 1
        link = client.share(track.id, max_opens=5)
        other, _ = client.share_batch(album.id, [{"label": "Ana"}, {"label": "Ben"}])
        turned = client.rotate(other.id)
        assert client.link(other.id).url == turned.url
        client.make_key(["read"])
        hook = client.make_webhook("https://hooks.example/1", ["link.opened"])
        secret = client.rotate_webhook(hook.id).secret
        assert secret != hook.secret
        assert client.add_version(track.id, song.read_bytes(), name="b.wav").versions == 2
        assert client.save(link.token).track_id == track.id
        made = [after - there for after, there in zip(counts(server), before, strict=True)]
        assert made == [1, 1, 1, 3, 1, 1]
        # What is gone after an answer that was lost has been removed.
        client.remove_track(album.id, track.id)
        client.delete_collection(album.id)
        client.remove_webhook(hook.id)
        client.delete_track(track.id)
        with pytest.raises(ListenlinkError) as gone:
            client.delete_track(track.id)
        assert (gone.value.status, gone.value.may_have_been_done) == (404, False)
    assert len(proxy.requests) == 2 * len(set(proxy.requests)) + 1


def test_an_open_that_may_have_been_counted_is_not_repeated(
    server: Server, owner: httpx.Client, proxy: LossyProxy, song: Path, kind: str
) -> None:
    with Client(server.url, server.api_key) as mine:
        track = mine.upload(song, engine="studio")
        link = mine.share(track.id)
        with client_of(kind, proxy.url, **SOON) as client:
            with pytest.raises(ListenlinkError) as lost:
                client.open(link.token)
            assert (lost.value.status, lost.value.may_have_been_done) == (503, True)
            assert mine.link(link.id).opens == 1
            session = client.open(link.token).session
            assert session is not None
            assert client.is_open(link.token, session)
            # With a session it counts nothing, so it's asked for again.
            proxy.is_lost = once()
            assert client.open(link.token, session).available
            assert mine.link(link.id).opens == 2
            mine.revoke(link.id)
            assert not client.is_open(link.token, session)
        hook = mine.make_webhook("https://hooks.example/1", ["link.opened"])
        with client_of(kind, proxy.url, server.api_key, **SOON) as client:
            assert client.organization_id == server.organization_id
            proxy.is_lost = once()
            with pytest.raises(ListenlinkError):
                client.test_webhook(hook.id)
            assert len(list(client.deliveries(hook.id))) == 1


def once() -> Callable[[str], bool]:
    left = [True]
    return lambda _line: bool(left and left.pop())


def test_an_own_idempotency_key_goes_on_after_the_program_was_stopped(
    server: Server, song: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("blocking", "awaiting"):
        monkeypatch.setattr(f"listenlink.client.{room}.uploads.PIECES_ABOVE_BYTES", 100)
        monkeypatch.setattr(f"listenlink.client.{room}.chunks.PIECE_BYTES", 4000)

    class Stopped(Exception):
        pass

    def stop(sent: int) -> None:
        if sent >= 8000:
            raise Stopped

    facts: dict[str, Any] = {"engine": "studio", "idempotency_key": f"evening-{kind}"}
    before = counts(server)
    with client_of(kind, server.url, server.api_key) as client, pytest.raises(Stopped):
        client.upload(song, progress=stop, **facts)
    told: list[int] = []
    with client_of(kind, server.url, server.api_key) as client:
        made = client.upload(song, progress=told.append, **facts)
        assert told[0] >= 4000
        assert client.upload(song, **facts).id == made.id
        one, two = (client.share(made.id, idempotency_key=f"ana-{kind}") for _ in range(2))
        assert one.token == two.token
    assert counts(server)[0] == before[0] + 1


class Answering(ThreadingHTTPServer):
    """A server that answers each request with the next of these."""

    def __init__(self, *answers: tuple[int, dict[str, str]]) -> None:
        super().__init__(("127.0.0.1", free_port()), _Handler)
        self.answers, self.asked_at = list(answers), list[float]()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Answering:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_GET(self) -> None:
        self.server.asked_at.append(time.monotonic())
        status, headers = self.server.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        told = b'{"organization_id":"org_1","user_id":"user_1","scopes":[]}'
        body = told if status == 200 else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def test_how_long_is_waited_is_bounded(kind: str) -> None:
    with (
        Answering((429, {"Retry-After": "1"}), (503, {}), (200, {})) as server,
        client_of(kind, server.url, "ak_x") as client,
    ):
        assert client.caller().user_id == "user_1"
        first, second, third = server.asked_at
        assert 1 <= second - first < 3
        assert 0.9 <= third - second < 3
    with (
        Answering(*[(503, {})] * 9) as server,
        client_of(kind, server.url, "ak_x", tries=3, longest_wait_seconds=0.05) as client,
    ):
        with pytest.raises(ListenlinkError):
            client.caller()
        assert len(server.asked_at) == 3
        assert server.asked_at[2] - server.asked_at[0] < 1
    with (
        Answering((429, {"Retry-After": "61"})) as server,
        client_of(kind, server.url, "ak_x") as client,
        pytest.raises(ListenlinkError) as refused,
    ):
        client.caller()
    assert refused.value.retry_after_seconds == 61
    # What is asked for as it is, is asked once.
    with (
        Answering((503, {})) as server,
        client_of(kind, server.url, "ak_x") as client,
        pytest.raises(ListenlinkError),
    ):
        client.get("/v1/caller")


def test_a_server_that_comes_back_is_found_again(server: Server, kind: str) -> None:
    with (
        fault_proxy(server.port) as proxy,
        client_of(kind, f"http://127.0.0.1:{proxy.port}", server.api_key) as client,
    ):
        proxy.refuse()
        with pytest.raises(ListenlinkError) as away:
            client.post("/v1/caller")
        assert (away.value.code, away.value.may_have_been_done) == ("UNREACHABLE", False)
        threading.Timer(1.0, proxy.heal).start()
        assert client.caller().organization_id == server.organization_id


def test_what_is_left_of_a_rate_is_told(server: Server, song: Path, kind: str) -> None:
    with Client(server.url, server.api_key) as mine:
        link = mine.share(mine.upload(song, engine="studio").id)
    with client_of(kind, server.url, tries=1) as client:
        assert client.limits is None
        client._http.headers["X-Forwarded-For"] = f"198.19.0.{1 + KINDS.index(kind)}"
        client.open(link.token)
        told = client.limits
        assert told is not None
        assert (told.budget, told.limit) == ("resolve", 120)
        client.open(link.token)
        assert client.limits is not None
        assert client.limits.remaining == told.remaining - 1
        with pytest.raises(ListenlinkError) as refused:
            client.open("shr_" + "0" * 32)
        assert refused.value.limits is None
        assert client.limits.remaining == told.remaining - 1
        for _ in range(told.remaining - 1):
            client.open(link.token)
        with pytest.raises(ListenlinkError) as limited:
            client.open(link.token)
        assert limited.value.limits is not None
        assert limited.value.limits.remaining == 0
        assert limited.value.limits == client.limits
