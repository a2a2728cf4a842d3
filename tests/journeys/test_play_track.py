"""Playing what a link gave: ranges, conditions, and leave that can be taken away at any time."""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from faked_time import FakedTime
from live.slow_reader import MOST_BYTES_AFTER, SlowReader
from media.make_audio import make

pytestmark = of_folder


@pytest.fixture(scope="module")
def audio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "long.wav", sample_count=2_000_000)


@pytest.fixture(scope="module")
def song(owner: httpx.Client, audio: Path) -> dict[str, Any]:
    return upload(owner, audio)


@pytest.fixture(scope="module")
def big_song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("audio") / "big.flac"
    return upload(owner, make("flac", path, sample_count=10_000_000))


@pytest.fixture
def link(owner: httpx.Client, song: dict[str, Any]) -> dict[str, Any]:
    return share(owner, song["id"])


@pytest.fixture
def url(listener: httpx.Client, link: dict[str, Any]) -> str:
    view = listener.get(f"/v1/music/shared/{link['token']}").json()
    return str(view["track"]["playback_url"])


def test_ranges_and_conditions(listener: httpx.Client, url: str, audio: Path) -> None:
    data = audio.read_bytes()
    size = len(data)
    whole = listener.get(url)
    etag = whole.headers["etag"]
    assert whole.content == data
    assert re.fullmatch(r'"[0-9a-f]{64}"', etag)
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["content-disposition"] == "inline"
    assert re.fullmatch(
        r"private, max-age=(2\d\d|300), no-transform", whole.headers["cache-control"]
    )
    cases = [
        ({"Range": "bytes=0-0"}, 206, data[:1], f"bytes 0-0/{size}"),
        ({"Range": "bytes=300000-"}, 206, data[300000:], f"bytes 300000-{size - 1}/{size}"),
        ({"Range": "bytes=-44"}, 206, data[-44:], f"bytes {size - 44}-{size - 1}/{size}"),
        ({"Range": "bytes=5-1"}, 200, data, None),
        ({"Range": "bytes=0-1,4-5"}, 200, data, None),
        ({"Range": "bytes=0-9", "If-Range": etag}, 206, data[:10], f"bytes 0-9/{size}"),
        ({"Range": "bytes=0-9", "If-Range": f"W/{etag}"}, 200, data, None),
        ({"If-None-Match": etag}, 304, b"", None),
        ({"If-Match": '"other"'}, 412, None, None),
        ({"Range": f"bytes={size}-"}, 416, None, f"bytes */{size}"),
    ]
    for headers, status, body, content_range in cases:
        answer = listener.get(url, headers=headers)
        assert answer.status_code == status, headers
        assert answer.headers.get("content-range") == content_range, headers
        assert body is None or answer.content == body, headers
    head = listener.head(url, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")


def test_problems_of_playing_come_in_the_envelope(listener: httpx.Client, url: str) -> None:
    refused = listener.get(url, headers={"Range": "bytes=99999999999-"})
    assert refused.json()["error"]["code"] == "RANGE_NOT_SATISFIABLE"
    assert listener.post(url).json()["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert listener.get("/v1/music/audio/nonsense").json()["error"]["code"] == "PLAYBACK_REFUSED"
    assert listener.options(url).status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url[:-1] + ("0" if url[-1] != "0" else "1"),
        lambda url: url + "?x=1",
        lambda url: url + "?",
        lambda url: url.replace(".", "%2E", 1) if url.count(".") > 8 else url + ".",
        lambda url: url.upper(),
        lambda url: url + "/",
        lambda url: url + ".mp3",
    ],
)
def test_a_playback_url_has_one_spelling(listener: httpx.Client, url: str, change: Any) -> None:
    path = url.partition("/v1/")[2]
    answer = listener.get("/v1/" + change(path))
    if change(path) == path + "?":
        assert answer.status_code == 200  # an empty query is no query
    else:
        assert answer.status_code in (403, 404)


def end_by(way: str, server: Server, owner: httpx.Client, link: dict[str, Any]) -> None:
    """Take the leave away."""
    number = int(link["id"].removeprefix("mslink_"), 16)
    if way == "revoked":
        assert owner.delete(f"/share/{link['id']}").status_code == 200
    elif way == "expired":
        server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", number)
    else:
        server.change("UPDATE shares SET rotation = rotation + 1 WHERE id = ?", number)


@pytest.mark.parametrize("way", ["revoked", "expired", "rotated"])
def test_a_playback_url_dies_with_its_link(
    server: Server, owner: httpx.Client, listener: httpx.Client, link: dict[str, Any], url: str, way: str
) -> None:  # fmt: skip
    assert listener.get(url, headers={"Range": "bytes=0-9"}).status_code == 206
    end_by(way, server, owner, link)
    refused = listener.get(url, headers={"Range": "bytes=0-9"})
    assert refused.status_code == 403
    assert refused.json()["error"]["code"] == "PLAYBACK_REFUSED"
    assert refused.headers["cache-control"] == "no-store"


def test_a_spent_link_keeps_playing(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    view = listener.get(f"/v1/music/shared/{link['token']}").json()
    assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 404
    assert listener.get(view["track"]["playback_url"]).status_code == 200


@pytest.mark.parametrize("way", ["revoked", "expired", "rotated"])
def test_a_running_stream_stops_soon(
    server: Server, owner: httpx.Client, listener: httpx.Client, big_song: dict[str, Any], way: str
) -> None:
    """What the listener gets after the end of their leave was under way already."""
    link = share(owner, big_song["id"])
    view = listener.get(f"/v1/music/shared/{link['token']}").json()
    with SlowReader(view["track"]["playback_url"], 1_000_000) as reader:
        time.sleep(0.7)
        assert not reader.is_ended
        end_by(way, server, owner, link)
        before = reader.received
        assert before > 100_000
        assert reader.finish(within_seconds=6)
        assert reader.received - before <= MOST_BYTES_AFTER


def test_a_listener_who_leaves_costs_nothing(server: Server, url: str) -> None:
    path = url.partition(str(server.port))[2]
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port)) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            assert stream.recv(1000).startswith(b"HTTP/1.1 200")
    started_at = time.monotonic()
    assert httpx.get(server.url + "/healthz").status_code == 200
    assert time.monotonic() - started_at < 5


def test_a_url_may_begin_until_it_expires(
    owner: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    clock = FakedTime(tmp_path / "time")
    brief = Server(tmp_path / "data", {"PLAYBACK_TTL_SECONDS": "10"}, clock.environment)
    brief.create()
    brief.start()
    try:
        with brief.owner() as creator, brief.listener() as listener:
            track = upload(creator, make("wav16", tmp_path / "x.wav"))
            view = listener.get(f"/v1/music/shared/{share(creator, track['id'])['token']}").json()
            url = view["track"]["playback_url"]
            assert listener.get(url).status_code == 200
            expires_at = int(url.rpartition("/")[2].split(".")[4], 16)
            assert 0 < expires_at - time.time() <= 10
            clock.set(expires_at - 0.9 - time.time())
            assert listener.get(url).status_code == 200
            clock.set(expires_at + 1.1 - time.time())
            assert listener.get(url).status_code == 403
    finally:
        brief.stop()
