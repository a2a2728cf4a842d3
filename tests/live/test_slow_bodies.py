"""A body that comes slowly, or never, is given up, wherever it goes; no client has many on their way."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from cast import Server
from listenlink.web import arriving_body
from listenlink.web.arriving_body import MOST_OF_A_CLIENT
from live.load import FULL, SHARED, make_links
from shorter_waits import shorter

BOUNDARY = "ab"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
# How long a sender may be quiet is a constant that the ordinary suite makes shorter.
QUIET_SECONDS = arriving_body.QUIET_SECONDS if FULL else 6.0
SHORTER = shorter({"listenlink.web.arriving_body.QUIET_SECONDS": QUIET_SECONDS})
# Three times what is meant, as for every figure in seconds.
LATEST_SECONDS = 3 * QUIET_SECONDS


class Sent(NamedTuple):
    """The head of a request, what of its body comes, and a piece that comes every few seconds."""

    head: str
    begun: bytes = b""
    trickle: bytes = b""


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, str]]:
    """A server, a link's token and the session of an open of it."""
    folder = tmp_path_factory.mktemp("bodies")
    server = Server(folder / "data", {}, SHORTER)
    server.create()
    server.start()
    (link,) = make_links(server, folder, {})
    opened = httpx.get(f"{server.url}{SHARED}{link['token']}")
    yield server, str(link["token"]), opened.headers["listen-session"]
    server.stop()


def requests(server: Server, token: str, session: str) -> dict[str, Sent]:
    """Every kind of route that reads a body, with a body that never ends."""
    owners = f"X-API-Key: {server.api_key}"
    music = f"/v1/music/{server.organization_id}"
    listen = f"POST {SHARED}{token}/listen", f"Listen-Session: {session}"
    with server.owner() as owner:
        begun = owner.post(
            "/uploads",
            headers={"Tus-Resumable": "1.0.0", "Upload-Length": "5000",
                     "Upload-Metadata": "engine c3R1ZGlv"},
        )  # fmt: skip
    piece = f"PATCH {httpx.URL(begun.headers['location']).path}"
    tus = (
        "Tus-Resumable: 1.0.0",
        "Upload-Offset: 0",
        "Content-Type: application/offset+octet-stream",
    )
    json = "Content-Type: application/json", "Content-Length: 100"
    return {
        "a listen": Sent(_head(*listen, *json)),
        "a listen in drops": Sent(_head(*listen, *json), b'{"track_id":', b" "),
        "a listen in chunks": Sent(
            _head(*listen, json[0], "Transfer-Encoding: chunked"), b"5\r\n{   \n\r\n"
        ),
        "a collection": Sent(_head(f"POST {music}/collections", owners, *json), b'{"name":'),
        "an upload": Sent(
            _head(f"POST {music}/tracks", owners, f"Content-Type: {FORM}", "Content-Length: 9000"),
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="engine"\r\n\r\nst'.encode(),
        ),
        "a piece": Sent(_head(piece, owners, *tus, "Content-Length: 5000"), b"RIFF"),
    }  # fmt: skip


def _head(request: str, *lines: str) -> str:
    return "\r\n".join([f"{request} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""])


def wait_for_answer(port: int, sent: Sent) -> tuple[bytes, float]:
    """What came back until the connection was closed, and after how many seconds."""
    with socket.create_connection(("127.0.0.1", port)) as stream:
        stream.sendall(sent.head.encode() + sent.begun)
        began_at = time.monotonic()
        heard = b""
        stream.settimeout(QUIET_SECONDS / 7)
        while time.monotonic() < began_at + LATEST_SECONDS:
            try:
                piece = stream.recv(65_536)
            except TimeoutError:
                stream.sendall(sent.trickle)
                continue
            except ConnectionError:
                break
            if not piece:
                break
            heard += piece
        else:
            raise AssertionError("nobody gave up")
        return heard, time.monotonic() - began_at


@pytest.fixture(scope="module", autouse=True)
def given_up(waiting: tuple[Server, str, str]) -> Iterator[dict[str, Future[tuple[bytes, float]]]]:
    """Bodies that never come, begun before the first test: the others go on meanwhile."""
    sent = requests(*waiting)
    with ThreadPoolExecutor(len(sent)) as threads:
        yield {
            name: threads.submit(wait_for_answer, waiting[0].port, one)
            for name, one in sent.items()
        }


def test_no_client_has_many_bodies_on_their_way(waiting: tuple[Server, str, str]) -> None:
    server, token, session = waiting
    head = _head(f"POST {SHARED}{token}/listen", f"Listen-Session: {session}",
                 "Content-Type: application/json", "Content-Length: 100")  # fmt: skip
    with contextlib.ExitStack() as stack:

        def begin(address: str) -> socket.socket:
            stream = stack.enter_context(socket.socket())
            stream.bind((address, 0))
            stream.connect(("127.0.0.1", server.port))
            stream.sendall(head.encode())
            return stream

        begun = [begin("127.0.5.1") for _ in range(MOST_OF_A_CLIENT)]
        time.sleep(0.5)
        refused = begin("127.0.5.1")
        refused.settimeout(5)
        answer = refused.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"retry-after: 10" in answer.lower()
        other = begin("127.0.5.2")
        other.settimeout(0.5)
        with pytest.raises(TimeoutError):
            other.recv(1)
        begun[0].close()
        time.sleep(0.3)
        again = begin("127.0.5.1")
        again.settimeout(0.5)
        with pytest.raises(TimeoutError):
            again.recv(1)


def test_what_needs_no_key_is_kept_small(waiting: tuple[Server, str, str], tmp_path: Path) -> None:
    server, token, session = waiting
    answer = httpx.post(
        f"{server.url}{SHARED}{token}/listen",
        headers={"Listen-Session": session, "Content-Type": "application/json"},
        content=b'{"track_id": "' + b"a" * 5000 + b'"}',
    )
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


def test_a_body_that_never_comes_is_given_up_everywhere(
    waiting: tuple[Server, str, str], given_up: dict[str, Future[tuple[bytes, float]]]
) -> None:
    server = waiting[0]
    for name, answer in given_up.items():
        heard, seconds = answer.result()
        assert heard.startswith(b"HTTP/1.1 408 "), (name, heard[:200])
        assert b'"code":"REQUEST_TIMEOUT"' in heard, name
        assert b"connection: close" in heard.lower(), name
        assert QUIET_SECONDS - 1 < seconds < LATEST_SECONDS, name
    with server.owner() as owner:
        assert owner.get("/collections").json()["items"] == []
    assert not list((server.data / "uploads").glob("draft-*"))
