"""A gigabyte that is sent to a limit of 200 MB: refused once that is reached, without memory, and while it
arrives others are answered as ever. The ordinary suite sends a part of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cast import Server
from engines import of_folder
from journeys.test_upload_track import kept
from live.beside import Beside
from live.load import FULL, p99
from live.test_archives import MEGABYTE, Memory
from media.make_audio import make
from trust.figures import figure

pytestmark = of_folder

LIMIT, SENT = (200 * MEGABYTE, 1024 * MEGABYTE) if FULL else (40 * MEGABYTE, 80 * MEGABYTE)
ROUNDS = 5 if FULL else 1
MOST_GROWN = 32 * MEGABYTE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"MAX_UPLOAD_BYTES": str(LIMIT)}
    made = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    made.create()
    made.start()
    yield made
    made.stop()


def send(server: Server, head: bytes, size: int) -> tuple[bytes, int]:
    """The answer to an upload whose length isn't told, and how much of it was sent before that came."""
    lines = (
        b"POST /v1/music/%b/tracks HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: %b\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
    ) % (server.organization_id.encode(), server.api_key.encode())
    part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n' + head
    sent, piece = 0, b"%x\r\n%b\r\n" % (MEGABYTE, bytes(MEGABYTE))
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as stream:
        stream.sendall(lines + b"%x\r\n%b\r\n" % (len(part), part))
        try:
            while sent < size:
                stream.sendall(piece)
                sent += MEGABYTE
            stream.sendall(b"0\r\n\r\n")
        except OSError:
            # It was answered, and is read no further.
            pass
        return stream.recv(65_536), sent


def test_a_gigabyte_costs_others_nothing(server: Server, tmp_path: Path) -> None:
    head = make("wav16", tmp_path / "a.wav", sample_count=5000).read_bytes()
    # What is done for the first time takes some for good.
    send(server, head, MEGABYTE)
    with Memory(server) as memory, Beside(server.port) as beside:
        told = [send(server, head, SENT) for _ in range(ROUNDS)]
    for answer, sent in told:
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"PAYLOAD_TOO_LARGE" in answer
        assert LIMIT <= sent < LIMIT + 30 * MEGABYTE
    others = p99(beside.seconds) * 1000
    print(f"{memory.grown / MEGABYTE:.1f} MB; p99 {others:.1f} ms")
    figure("grown by what is too large, MB", round(memory.grown / MEGABYTE, 1), joined="most")
    figure("others wait beside it, p99 in ms", round(others, 1), joined="most")
    assert memory.grown < MOST_GROWN
    assert len(beside.seconds) > 20
    assert kept(server) == (0, 0, [])
