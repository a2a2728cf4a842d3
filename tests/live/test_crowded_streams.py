"""Streams of audio and of events are bounded for each client and in all; who reads nothing makes place."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import cast
from cast import Server, share, upload
from engines import of_folder
from listenlink.actions.watch_links import MOST_OF_A_CLIENT as MOST_WATCHES
from listenlink.capacity import reckon
from listenlink.web.public.audio_streams import MOST_OF_A_CLIENT as MOST_STREAMS
from live.load import SHARED
from media.make_audio import make

pytestmark = of_folder
FEW_DESCRIPTORS = 700


class Listening:
    """A link that is open: where its audio and its events are."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        with server.owner() as owner:
            song = upload(owner, make("flac", folder / "song.flac", sample_count=2_000_000))
            token = str(share(owner, song["id"])["token"])
        opened = httpx.get(f"{server.url}{SHARED}{token}")
        self.audio = httpx.URL(opened.json()["track"]["playback_url"]).path
        self.events = f"{SHARED}{token}/events"
        self.session = opened.headers["listen-session"]

    def ask(
        self, path: str, address: str, stack: contextlib.ExitStack, line: str = "Accept: */*"
    ) -> socket.socket:
        """Ask for it from this loopback address, and read nothing yet."""
        stream = stack.enter_context(socket.socket())
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        stream.bind((address, 0))
        stream.connect(("127.0.0.1", self.server.port))
        session = f"Listen-Session: {self.session}"
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{session}\r\n{line}\r\n\r\n"
        stream.sendall(head.encode())
        stream.settimeout(10)
        return stream


def head_of(stream: socket.socket) -> str:
    """The beginning of an answer, in lower case."""
    return stream.recv(2000).decode("latin-1").lower()


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    """A server that is asked directly."""
    folder = tmp_path_factory.mktemp("streams")
    server = Server(folder / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    server.create()
    server.start()
    yield Listening(server, folder)
    server.stop()


@pytest.mark.parametrize(("kind", "most"), [("audio", MOST_STREAMS), ("events", MOST_WATCHES)])
def test_a_client_has_a_bounded_number(listening: Listening, kind: str, most: int) -> None:
    path = getattr(listening, kind)
    with contextlib.ExitStack() as stack:
        theirs = [listening.ask(path, "127.0.6.1", stack) for _ in range(most)]
        assert {head_of(stream)[:12] for stream in theirs} == {"http/1.1 200"}
        refused = head_of(listening.ask(path, "127.0.6.1", stack))
        assert refused.startswith("http/1.1 429")
        assert "retry-after: 10" in refused
        assert '"code":"rate_limit_exceeded"' in refused
        assert head_of(listening.ask(path, "127.0.6.2", stack)).startswith("http/1.1 200")
        theirs[0].close()
        deadline = time.monotonic() + 9
        while not head_of(listening.ask(path, "127.0.6.1", stack)).startswith("http/1.1 200"):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_short_part_takes_no_place(listening: Listening) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(MOST_STREAMS):
            listening.ask(listening.audio, "127.0.6.3", stack)
        time.sleep(1)
        whole = listening.ask(listening.audio, "127.0.6.3", stack)
        assert head_of(whole).startswith("http/1.1 429")
        part = listening.ask(listening.audio, "127.0.6.3", stack, "Range: bytes=0-65535")
        assert head_of(part).startswith("http/1.1 206")


def test_who_reads_nothing_makes_place_for_who_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every place is taken by listeners who read nothing, from many addresses."""
    limited = ["sh", "-c", f'ulimit -n {FEW_DESCRIPTORS}; exec "$@"', "sh", *cast.LISTENLINK]
    monkeypatch.setattr(cast, "LISTENLINK", limited)
    server = Server(tmp_path / "data", {"RESOLVE_LIMIT_PER_MINUTE": "0"})
    server.create()
    server.start()
    most = reckon(FEW_DESCRIPTORS).audio_streams
    assert 64 < most < 2 * MOST_STREAMS
    try:
        listening = Listening(server, tmp_path)
        with contextlib.ExitStack() as stack:
            for number in range(most):
                listening.ask(listening.audio, f"127.0.7.{1 + number // 40}", stack)
            time.sleep(3)
            honest = [head_of(listening.ask(listening.audio, "127.0.6.4", stack))]
            assert honest[0].startswith("http/1.1 503")
            assert "retry-after: 1" in honest[0]
            for _ in range(3):
                time.sleep(0.5)
                whole = httpx.get(server.url + listening.audio)
                assert whole.status_code == 200
                assert len(whole.content) == int(whole.headers["content-length"])
    finally:
        server.stop()
