"""Requests as bytes, mutated by chance: no answer of 500 or above, nothing told of the inside, nobody ended,
and a good request after each hundred is answered. 300 in the ordinary suite, 10,000 with
`LISTENLINK_TEST_FULL=1`.
"""

# ruff: noqa: S311

from __future__ import annotations

import json
import random
import re
import socket
from collections import Counter
from collections.abc import Iterator

import httpx
import psutil
import pytest

from cast import Server, share, upload
from live.load import SHARED, get, serving
from media.make_audio import make
from trust.figures import FULL, figure

REQUESTS = 10_000 if FULL else 300
# Nobody answers to a request that isn't whole: it isn't waited for.
PATIENCE_SECONDS = 0.25
_INSIDE = re.compile(
    rb"Traceback|File \"|site-packages|\.py\b|SELECT |INSERT |UPDATE |sqlite|asyncpg|sqlalchemy|/data/",
    re.IGNORECASE,
)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
PIECES = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\x80",
    b"\xff",
    b" ",
    b"\t",
    b":",
    b"/",
    b"//",
    b"..",
    b"%00",
    b"%2e%2e/",
    b"?",
    b"#",
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/9.9",
    b"POST",
    b"PUT",
    b"TRACE",
    b"CONNECT",
    b"PRI",
    b"\xc3\x28",
    b"{}",
    b"[" * 200,
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n",
    b"Expect: 100-continue\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Host: evil.example\r\n",
    b"Upgrade: websocket\r\n",
    b"0\r\n\r\n",
    b"Accept: */*;q=" + b"9" * 50 + b"\r\n",
    b"Range: bytes=--1\r\n",
    b'If-None-Match: "\r\n',
    b"Cookie: a=b; =;\r\n",
    b"X: " + b"y" * 9000 + b"\r\n",
    b"Content-Type: multipart/form-data\r\n",
    b"Idempotency-Key: \xff\r\n",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, list[bytes], bytes]]:
    """A server without limits, good requests of many kinds, and one that has to be answered always."""
    folder = tmp_path_factory.mktemp("raw")
    with serving(folder, MISS_LIMIT_PER_MINUTE="0") as server, server.owner() as owner:
        song = upload(owner, make("wav16", folder / "a.wav", sample_count=5000))
        path = SHARED + share(owner, song["id"], allow_download=True)["token"]
        opened = httpx.get(server.url + path).json()
        audio = "/v1/" + opened["track"]["playback_url"].partition("/v1/")[2]
        org = f"/v1/music/{server.organization_id}"
        key = {"X-API-Key": server.api_key}
        reads = [
            path,
            audio,
            "/healthz",
            "/oembed?url=" + server.url + path,
            "/desk",
            "/schema/openapi.json",
        ]
        owned = [
            f"{org}/tracks",
            f"{org}/tracks/{song['id']}",
            f"{org}/collections?limit=3",
            f"{org}/keys",
        ]
        good = [get(one).raw for one in reads] + [get(one, **key).raw for one in owned]
        good += [get(path, Accept="text/html").raw, get(audio, Range="bytes=0-9").raw]
        bodies = {
            f"{org}/collections": {"name": "A"},
            f"{org}/tracks/{song['id']}/share": {"max_opens": 3},
        }
        good += [post(one, json.dumps(body).encode(), key) for one, body in bodies.items()]
        good.append(post("/desk/sign-in", b"email=a%40b.example&password=x", {}))
        yield server, good, get(path).raw


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    kind = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    lines += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode() + body


def mutate(request: bytes) -> bytes:
    """Up to six changes: pieces put in, taken out, doubled, letters changed, the end cut off."""
    changed = bytearray(request)
    for _ in range(random.choice([1, 1, 2, 3, 6])):
        place = random.randrange(len(changed) + 1)
        how = random.randrange(5)
        if how == 0:
            changed[place:place] = random.choice(PIECES)
        elif how == 1:
            del changed[place : place + random.choice([1, 2, 10, 100])]
        elif how == 2:
            changed[place:place] = changed[place : place + random.choice([1, 20])]
        elif how == 3 and changed:
            changed[place % len(changed)] = random.randrange(256)
        elif how == 4:
            line = random.choice(bytes(changed).split(b"\r\n"))
            changed[place:place] = line + b"\r\n"
    return bytes(changed)


def ask(port: int, raw: bytes) -> bytes:
    """All that is answered within a moment."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as stream:
        try:
            stream.sendall(raw)
            while more := stream.recv(65536):
                received += more
                if is_whole(received):
                    break
        except OSError:
            return received
    return received


def is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length.group(1))


@pytest.mark.timeout(540)
def test_no_request_is_a_fault(place: tuple[Server, list[bytes], bytes]) -> None:
    server, good, always = place
    assert server.process is not None
    workers = {one.pid for one in psutil.Process(server.process.pid).children()}
    told: Counter[int] = Counter()
    faults, leaks, unanswered = [], [], 0
    for number in range(REQUESTS):
        raw = mutate(random.choice(good))
        answer = ask(server.port, raw)
        found = [int(status) for status in _STATUS.findall(answer)] or [0]
        told.update(found)
        faults += [raw for status in found if status >= 500]
        # An answer that gives what was asked for isn't about the inside.
        leaks += [raw for status in found if status >= 400 and _INSIDE.search(answer)]
        if number % 100 == 99:
            unanswered += not ask(server.port, always).startswith(b"HTTP/1.1 200 ")
    ended = workers - {one.pid for one in psutil.Process(server.process.pid).children()}
    print(f"{REQUESTS} requests: {dict(told)}")
    figure("raw requests", REQUESTS)
    figure("answers of 500 and above", len(faults), of=told.total())
    figure("answers that tell of the inside", len(leaks))
    figure("good requests that weren't answered", unanswered, of=REQUESTS // 100)
    figure("workers that ended", len(ended), of=len(workers))
    assert (faults, leaks, unanswered, ended) == ([], [], 0, set())
    assert len(told) > 4
