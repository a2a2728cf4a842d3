"""The front: one answer by either way in, the same headers and envelope everywhere, our hosts only."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.model.ids import new_trace_number
from listenlink.running.instance import Instance
from listenlink.settings import load_settings
from listenlink.web.front import Front
from listenlink.web.response import TRACE
from media.make_audio import make

pytestmark = of_folder

ENVELOPE = [
    "code",
    "message",
    "system_message",
    "type",
    "status",
    "details",
    "trace_id",
    "timestamp",
]


@pytest.fixture(scope="module")
def paths(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of the two hot doors in every state."""
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    link = share(owner, song["id"])
    url = httpx.get(link["url"]).json()["track"]["playback_url"]
    audio = "/v1/" + url.partition("/v1/")[2]
    return {
        "open": "/v1/music/shared/" + str(link["token"]),
        "refused": "/v1/music/shared/shr_" + "0" * 32,
        "play": audio,
        "not played": audio[:-1],
    }


@pytest.fixture
async def instance(server: Server) -> AsyncIterator[Instance]:
    """The server's own instance, opened a second time in this process."""
    built = build_instance(load_settings(data=server.data, port=server.port), Clock())
    yield built
    built.close()


async def ask(
    app: Any, method: str, path: str, *said: tuple[bytes, bytes]
) -> tuple[int, dict[bytes, bytes], bytes]:
    """One request through ASGI, with these headers: status, headers, body."""
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *said],
        "client": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 1),
        "root_path": "",
        "state": {},
        "asgi": {"version": "3.0"},
        TRACE: new_trace_number(),
    }
    sent: list[dict[str, Any]] = []

    requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in requests:
            return message
        await asyncio.Event().wait()  # a client that stays connected
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


def comparable(answer: tuple[int, dict[bytes, bytes], bytes]) -> Any:
    status, headers, body = answer
    changing = {
        b"x-request-id", b"listen-session", b"ratelimit", b"x-ratelimit-remaining", b"x-ratelimit-reset",
        b"cache-control",
    }  # fmt: skip
    kept = {name: value for name, value in headers.items() if name not in changing}
    body = re.sub(rb'"(trace_id|timestamp|playback_url)":"[^"]*"', rb"", body)
    return status, kept, body


@pytest.mark.parametrize("which", ["open", "refused", "play", "not played"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_the_hot_doors_answer_alike_through_the_route_table(
    instance: Instance, paths: dict[str, str], method: str, which: str
) -> None:
    front = Front(instance, lambda: contextlib.nullcontext())
    routed = await ask(front.routes, method, paths[which])
    direct = await ask(front, method, paths[which])
    assert comparable(direct) == comparable(routed)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "RESOURCE_NOT_FOUND"),
        ("GET", "/v1/music/shared/a/b", 404, "RESOURCE_NOT_FOUND"),
        ("PUT", "/healthz", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/v1/music/shared/shr_0", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/v1/music/audio/x", 403, "PLAYBACK_REFUSED"),
        ("GET", "/v1/caller", 401, "AUTHENTICATION_REQUIRED"),
        ("GET", "/schema/framework/openapi.json", 401, "AUTHENTICATION_REQUIRED"),
        ("BREW", "/healthz", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/%ff%fe/../..//etc/passwd", 404, "RESOURCE_NOT_FOUND"),
    ],
)
def test_every_problem_is_in_the_envelope(
    listener: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    answer = listener.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert list(answer.json()["error"]) == ENVELOPE
    assert answer.json()["error"]["trace_id"] == answer.headers["x-request-id"]
    assert "allow" in answer.headers or status != 405


def test_malformed_bodies_are_in_the_envelope(owner: httpx.Client) -> None:
    for content in (b"{", b"\xff\xfe", b"[1", b"a=b"):
        answer = owner.post("/collections", content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
    long = owner.post("/collections", content=b'{"name": "' + b"x" * 2_000_000 + b'"}')
    assert (long.status_code, long.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_the_fixed_headers_of_each_door(listener: httpx.Client, paths: dict[str, str]) -> None:
    doors = {
        "/healthz": "same-origin",
        "/docs": "same-origin",
        "/nowhere": "same-origin",
        paths["open"]: "cross-origin",
        paths["refused"]: "cross-origin",
        paths["play"]: "cross-origin",
        paths["not played"]: "cross-origin",
    }
    for path, resource_policy in doors.items():
        headers = listener.get(path).headers
        assert headers["server"] == "listenlink", path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == resource_policy, path
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["content-security-policy"]
        assert "set-cookie" not in headers
        assert "strict-transport-security" not in headers
    for path in (paths["open"], paths["refused"], paths["not played"], "/healthz"):
        assert listener.get(path).headers["cache-control"] == "no-store"
    assert "User-Agent" in listener.get(paths["open"]).headers["vary"].split(", ")
    assert listener.get(paths["open"]).headers["x-robots-tag"] == "noindex, nofollow, noarchive"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("localhost:9", 200), ("[::1]:9", 200), ("127.9.9.9:1", 200),
        ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("127.0.0.1@evil.example", 400),
        ("localhost:x", 400), ("", 400), ("[::1", 400), ("evil.example:8484", 421),
    ],
)  # fmt: skip
def test_only_our_names_are_answered(
    listener: httpx.Client, paths: dict[str, str], host: str, status: int
) -> None:
    answer = listener.get(paths["open"], headers={"Host": host})
    assert answer.status_code == status
    assert host not in answer.text or host in ("", "127.0.0.1")
    probe = listener.get("/healthz", headers={"Host": host})
    assert probe.status_code == (400 if status == 400 else 200)


def test_forwarding_headers_never_make_a_link(
    server: Server, listener: httpx.Client, paths: dict[str, str]
) -> None:
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
        "Forwarded": "host=evil",
    }
    answer = listener.get(paths["open"], headers=forged)
    assert "evil" not in answer.text
    assert answer.json()["track"]["playback_url"].startswith(server.url + "/")


def test_two_hosts_are_none(server: Server, paths: dict[str, str]) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as stream:
        request = f"GET {paths['open']} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"
        stream.sendall(request.encode())
        assert stream.recv(20).split()[1] in (b"400", b"421")


def test_https_sites_say_so(tmp_path: Path) -> None:
    secure = Server(tmp_path / "data", {"PUBLIC_URL": "https://music.example"})
    secure.create()
    secure.start()
    try:
        with httpx.Client(base_url=secure.url, headers={"Host": "music.example"}) as client:
            answer = client.get("/healthz")
            assert answer.headers["strict-transport-security"] == "max-age=31536000"
        with secure.owner() as owner:
            song = upload(owner, make("wav16", tmp_path / "a.wav"))
            url = share(owner, song["id"])["url"]
            assert url.startswith("https://music.example/v1/music/shared/shr_")
    finally:
        secure.stop()


def test_probes_and_reference(listener: httpx.Client) -> None:
    assert listener.get("/healthz").json() == {"status": "ok"}
    told = listener.get("/readyz").json()
    checks = ("database", "storage", "keys", "limits", "engines", "clock", "marks")
    assert told == {"status": "ready", "checks": dict.fromkeys(checks, "ok")}
    schema = listener.get("/schema/openapi.json").json()
    assert schema["openapi"].startswith("3.1")
    view = schema["components"]["schemas"]["ShareView"]["properties"]
    assert list(view) == ["kind", "available", "message", "share", "track", "collection", "tracks"]
    page = listener.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for path in schema["paths"]:
        assert path in page.text
    assert "<script" not in page.text
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?https?:""", page.text)
