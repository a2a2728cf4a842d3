"""What is sent out arrives where it should and nowhere else, and nobody who receives it holds it up."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from listenlink.model.delivery import Failure, Sent
from listenlink.outbound import post as posting
from live.certificate import write_certificate
from outbound.receiver import Receiver, answer, receiving
from outbound.sending import BODY, answers, send


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


async def test_it_arrives_as_it_was_sent(receiver: Receiver) -> None:
    assert await send(receiver.url) == Sent(None, 204)
    (request,) = receiver.received
    assert (request.path, request.body) == ("/hook", BODY)
    assert request.headers["webhook-id"] == "msg_1"
    assert request.headers["user-agent"].startswith("Listenlink")
    assert request.headers["accept-encoding"] == "identity"


async def test_what_answers_is_told_by_its_status_alone(receiver: Receiver) -> None:
    for status in (400, 410, 500):
        receiver.answering = answer(status, b"secrets")
        assert await send(receiver.url) == Sent(Failure.STATUS, status)
    receiver.answering = answer(503, retry_after="120")
    assert await send(receiver.url) == Sent(Failure.STATUS, 503, 120)
    for after, most in ((90, 90), (-90, 0), (10**9, 9_999_999)):
        date = formatdate(time.time() + after, usegmt=True)
        receiver.answering = answer(429, retry_after=date)
        wait = (await send(receiver.url)).retry_after_seconds
        assert wait is not None
        assert max(most - 5, 0) <= wait <= most
    for wrong in (
        "soon",
        "Mon, 99 Foo 2026 10:00:00 GMT",
        "Mon, 01 Jan 99999 10:00:00 GMT",
        "-1",
        "1.5",
        "99999999999",
    ):
        receiver.answering = answer(429, retry_after=wrong)
        assert await send(receiver.url) == Sent(Failure.STATUS, 429)


async def test_nothing_is_followed(receiver: Receiver) -> None:
    for status in (301, 302, 303, 307, 308):
        receiver.answering = answer(status, location=receiver.url + "/inside")
        assert await send(receiver.url) == Sent(Failure.STATUS, status)
    assert {request.path for request in receiver.received} == {"/hook"}


async def test_no_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert await send(receiver.url) == Sent(None, 204)


async def test_an_endless_answer_is_read_a_little(receiver: Receiver) -> None:
    sent = []

    def go_on(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(bytes(1024))
            sent.append(1)

    receiver.answering = go_on
    assert await send(receiver.url) == Sent(None, 200)
    assert len(sent) < 10_000, "the rest is never read"


async def test_who_hangs_or_drips_is_given_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "SECONDS", 0.5)

    def hang(_: BaseHTTPRequestHandler) -> None:
        time.sleep(2)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(20):
            handler.wfile.write(b".")
            handler.wfile.flush()
            time.sleep(0.1)

    for each in (hang, drip):
        receiver.answering = each
        began = time.monotonic()
        assert await send(receiver.url) == Sent(Failure.TIMED_OUT)
        assert time.monotonic() - began < 1.5


async def test_who_breaks_off_or_talks_nonsense(receiver: Receiver) -> None:
    def nonsense(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        handler.close_connection = True

    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.shutdown(socket.SHUT_RDWR)

    for each in (nonsense, break_off):
        receiver.answering = each
        assert await send(receiver.url) == Sent(Failure.BROKEN)


async def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert await send(f"http://127.0.0.1:{port}/") == Sent(Failure.NO_CONNECTION)
    assert (await send("http://no-such-name.invalid/")).failure is Failure.UNKNOWN_NAME


SPELLINGS = [
    "127.0.0.1", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "0x7f000001", "017700000001",
    "localhost", "LOCALHOST", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.20.0.1", "192.168.0.1",
    "169.254.169.254", "100.64.0.1", "0.0.0.0", "0", "224.0.0.251", "255.255.255.255",  # noqa: S104
    "[fe80::1]", "[fc00::1]", "[fec0::1]", "[ff02::1]", "[5f00::1]", "[2001:db8::1]",
    "198.18.0.1", "192.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_is_inside_is_refused_however_it_is_written(
    receiver: Receiver, host: str, scheme: str
) -> None:
    sent = await send(f"{scheme}://{host}:{receiver.port}/hook", allowed=())
    assert sent.failure in (Failure.REFUSED_ADDRESS, Failure.UNKNOWN_NAME, Failure.BROKEN)
    assert not receiver.received


async def test_a_name_that_leads_inside_once_is_refused(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, ["8.8.8.8", "127.0.0.1"])
    sent = await send(f"https://two.example:{receiver.port}/", allowed=())
    assert sent == Sent(Failure.REFUSED_ADDRESS)


async def test_a_name_that_changes_its_answer_is_looked_up_once(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was judged is the one that is connected to."""
    asked = answers(monkeypatch, ["127.0.0.1"], ["127.0.0.9"])
    assert await send(f"http://changing.example:{receiver.port}/hook") == Sent(None, 204)
    assert asked == ["changing.example"]
    assert receiver.received[0].headers["host"] == f"changing.example:{receiver.port}"


async def test_unencrypted_only_to_what_the_operator_allows(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await send(receiver.url) == Sent(None, 204)
    answers(monkeypatch, ["8.8.8.8"])
    assert await send("http://open.example/") == Sent(Failure.REFUSED_ADDRESS)


async def test_who_receives_is_who_their_certificate_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_certificate(tmp_path, tmp_path / "authority.crt")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "listenlink.crt", tmp_path / "listenlink.key")
    trusting = ssl.create_default_context(cafile=str(tmp_path / "authority.crt"))
    answers(monkeypatch, ["127.0.0.1"])
    with receiving(serving) as receiver:
        right = f"https://music.example:{receiver.port}/hook"
        assert await send(right, context=trusting) == Sent(None, 204)
        assert await send(right) == Sent(Failure.NO_TRUST)
        wrong = f"https://other.example:{receiver.port}/hook"
        assert await send(wrong, context=trusting) == Sent(Failure.NO_TRUST)
        assert len(receiver.received) == 1
