"""No header of a request gets into what is told: not `Host`, not what proxies use, not the request's line."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import SENDS_AUDIO
from media.make_audio import make

EVIL = "evil.example"
PUBLIC = "https://music.example"
FORWARDED: list[dict[str, str]] = [
    {"X-Forwarded-Host": EVIL},
    {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "http", "X-Forwarded-Port": "81"},
    {"X-Forwarded-Server": EVIL},
    {"X-Forwarded-Prefix": f"//{EVIL}"},
    {"X-Original-Host": EVIL},
    {"X-Host": EVIL},
    {"X-HTTP-Host-Override": EVIL},
    {"Forwarded": f"for=1.2.3.4;host={EVIL};proto=http"},
    {"X-Original-URL": f"http://{EVIL}/"},
    {"X-Rewrite-URL": f"//{EVIL}/"},
    {"X-Script-Name": f"//{EVIL}"},
    {"Origin": f"https://{EVIL}"},
    {"Referer": f"https://{EVIL}/page"},
    {"Base-Url": f"https://{EVIL}"},
]
HOSTS = [
    EVIL, f"{EVIL}:443", f"music.example@{EVIL}", f"music.example.{EVIL}", f"{EVIL}#music.example",
    f"music.example:443@{EVIL}", f"127.0.0.1.{EVIL}", f"{EVIL}/music.example", f"music.example {EVIL}",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PUBLIC_URL": PUBLIC, "RESOLVE_LIMIT_PER_MINUTE": "0"}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def token(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    song = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "song.wav"))
    wait_for_sound(owner, song["id"])
    return str(share(owner, song["id"], allow_download=True)["token"])


def asked(token: str) -> list[tuple[str, str, dict[str, str]]]:
    """All that tells an address: pages, cards, oEmbed, the JSON, a `Location`, refusals."""
    shared, html = f"/v1/music/shared/{token}", {"Accept": "text/html"}
    return [
        ("GET", shared, html),
        ("GET", shared, {"User-Agent": "Twitterbot/1.0"}),
        ("GET", shared, {"Accept": "application/json"}),
        ("POST", shared, {}),
        ("GET", f"/embed/{token}", html),
        ("GET", f"/oembed?url={PUBLIC}{shared}", {}),
        ("GET", "/v1/music/shared/shr_0", html),
        ("GET", "/docs", {}),
        ("GET", "/schema/openapi.json", {}),
    ]


def told(answer: httpx.Response) -> str:
    return f"{answer.headers.multi_items()} {answer.text}"


@pytest.mark.parametrize("forged", FORWARDED, ids=lambda forged: "+".join(forged))
def test_what_a_proxy_might_say_is_told_nowhere(
    server: Server, token: str, forged: dict[str, str]
) -> None:
    with httpx.Client(base_url=server.url) as client:
        for method, path, headers in asked(token):
            answer = client.request(method, path, headers=headers | forged)
            assert answer.status_code in (200, 303, 404)
            assert EVIL not in told(answer), (method, path)
            assert "http://music.example" not in answer.text


def test_addresses_are_told_at_all_and_are_of_the_public_url(server: Server, token: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        answers = [client.request(method, path, headers=h) for method, path, h in asked(token)]
    page, card, view, posted, embed, oembed = answers[:6]
    shared = f"{PUBLIC}/v1/music/shared/{token}"
    for answer in (page, card):
        assert f'<meta property="og:url" content="{shared}">' in answer.text
        assert f'<meta property="og:image" content="{PUBLIC}/v1/music/picture/' in answer.text
        assert f'<meta name="twitter:player" content="{PUBLIC}/embed/{token}">' in answer.text
    played = view.json()["track"]["playback_url"]
    assert played.startswith(PUBLIC + "/v1/music/audio/") or not SENDS_AUDIO
    assert posted.headers["location"].startswith(f"/v1/music/shared/{token}/listening/")
    assert shared in embed.text
    assert oembed.json()["html"].startswith(f'<iframe src="{PUBLIC}/embed/{token}"')


@pytest.mark.parametrize("host", HOSTS)
def test_another_host_is_refused_and_not_repeated(server: Server, token: str, host: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        for method, path, headers in asked(token):
            answer = client.request(method, path, headers={"Host": host} | headers)
            assert answer.status_code in (400, 421), (host, path)
            assert EVIL not in told(answer)


@pytest.mark.parametrize(
    ("line", "hosts"),
    [
        (f"http://{EVIL}{{path}}", ["127.0.0.1"]),
        (f"https://music.example@{EVIL}{{path}}", ["127.0.0.1"]),
        (f"//{EVIL}{{path}}", ["127.0.0.1"]),
        ("{path}", ["127.0.0.1", EVIL]),
        ("{path}", [EVIL, "127.0.0.1"]),
        ("{path}", []),
    ],
)
def test_an_absolute_form_or_a_second_host_gets_nothing_told(
    server: Server, token: str, line: str, hosts: list[str]
) -> None:
    target = line.format(path=f"/v1/music/shared/{token}")
    named = "".join(f"Host: {host}\r\n" for host in hosts)
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        request = f"GET {target} HTTP/1.1\r\n{named}Accept: text/html\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 400", b"HTTP/1.1 404", b"HTTP/1.1 421"))
    assert EVIL.encode() not in answer
