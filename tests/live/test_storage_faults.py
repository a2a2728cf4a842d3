"""The bucket refuses, hangs, is slow, fails or sends half: links open truthfully, nothing is left behind."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from fault_proxy import FaultProxy, fault_proxy
from media.make_audio import add_cover, make, make_picture
from object_storage import ObjectStorage
from stored import drafts

RATE = 44_100
MOST_SECONDS = 5.0
FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FAULTS: dict[str, Callable[[FaultProxy], None]] = {
    "refuses": FaultProxy.refuse,
    "hangs": FaultProxy.hang,
    "is slow": lambda proxy: proxy.slow_down(20),
    "fails": lambda proxy: proxy.answer_with(FAILURE),
    "answers by halves": lambda proxy: proxy.cut_after(60),
}


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"faults/{secrets.token_hex(6)}"


@pytest.fixture(scope="module")
def proxy(object_storage: ObjectStorage) -> Iterator[FaultProxy]:
    with fault_proxy(object_storage.port) as running:
        yield running


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory,
    object_storage: ObjectStorage,
    proxy: FaultProxy,
    prefix: str,
) -> Iterator[Server]:
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "STORAGE_URL": object_storage.url(prefix, proxy.port),
    }
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("mp3_cbr", tmp_path_factory.mktemp("audio") / "a.mp3", sample_count=RATE)
    told = upload(owner, add_cover(path))
    wait_for_sound(owner, told["id"])
    return told


def timed(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, if it comes in time."""
    began = time.monotonic()
    answer = ask()
    assert time.monotonic() - began < MOST_SECONDS
    return answer


def send(owner: httpx.Client, path: Path) -> httpx.Response:
    return owner.post(
        "/tracks", data={"engine": "studio"}, files={"file": (path.name, path.read_bytes())}
    )


def both_waiting(owner: httpx.Client, song: Path, cover: str) -> list[httpx.Response]:
    """The answers to an upload and for a cover, which wait for the bucket at the same time."""
    with ThreadPoolExecutor(2) as threads:
        asked = (lambda: send(owner, song)), (lambda: owner.get(cover))
        return list(threads.map(timed, asked))


def put_in_with_a_cover(owner: httpx.Client, folder: Path) -> str:
    """A track whose cover is like no other."""
    picture = make_picture(width=64 + 2 * secrets.randbelow(200))
    path = make("mp3_cbr", folder / "unseen.mp3", sample_count=RATE)
    track = upload(owner, add_cover(path, picture))
    wait_for_sound(owner, track["id"])
    return str(track["id"])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bucket_that_cannot_be_asked(
    server: Server,
    owner: httpx.Client,
    proxy: FaultProxy,
    object_storage: ObjectStorage,
    prefix: str,
    song: dict[str, Any],
    tmp_path: Path,
    fault: str,
) -> None:
    link, seen = share(owner, song["id"]), f"/tracks/{song['id']}/cover"
    other = make("wav16", tmp_path / "other.wav", sample_count=RATE + secrets.randbelow(RATE))
    unseen = f"/tracks/{put_in_with_a_cover(owner, tmp_path)}/cover"
    assert owner.get(seen).status_code == 200
    before = object_storage.keys(prefix)
    FAULTS[fault](proxy)
    try:
        with server.listener() as listener:
            opened = timed(lambda: listener.get(f"/v1/music/shared/{link['token']}"))
        assert opened.status_code == 200
        assert server.outcome_of(opened) == ("opened", None)
        refused, cover = both_waiting(owner, other, unseen)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert refused.json()["error"]["code"] == "STORAGE_UNAVAILABLE"
        assert cover.status_code == 503
        assert timed(lambda: owner.get(seen)).status_code == 200, "it's kept"
        assert timed(lambda: owner.get("/tracks")).status_code == 200
        assert drafts(server) == []
    finally:
        proxy.heal()
    healed_at = time.monotonic()
    assert object_storage.keys(prefix) == before
    track = send(owner, other)
    assert track.status_code == 201, "as soon as it's back, without a restart"
    assert owner.get(unseen).status_code == 200
    assert time.monotonic() - healed_at < MOST_SECONDS
    url = opened.json()["track"]["playback_url"]
    assert httpx.get(url).status_code == 200
    owner.delete(f"/tracks/{track.json()['id']}").raise_for_status()


def test_what_is_deleted_meanwhile_goes_when_the_bucket_is_back(
    server: Server,
    owner: httpx.Client,
    proxy: FaultProxy,
    object_storage: ObjectStorage,
    prefix: str,
    song: dict[str, Any],
    tmp_path: Path,
) -> None:
    before = object_storage.keys(prefix)
    track = upload(owner, make("wav16", tmp_path / "gone.wav", sample_count=RATE * 3))
    wait_for_sound(owner, track["id"])
    assert len(object_storage.keys(prefix)) == len(before) + 1
    proxy.refuse()
    try:
        assert timed(lambda: owner.delete(f"/tracks/{track['id']}")).status_code == 200
        assert len(object_storage.keys(prefix)) == len(before) + 1
    finally:
        proxy.heal()
    deadline = time.monotonic() + MOST_SECONDS
    while object_storage.keys(prefix) != before:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_bucket_that_goes_in_the_middle_of_an_upload_leaves_nothing(
    server: Server,
    owner: httpx.Client,
    proxy: FaultProxy,
    object_storage: ObjectStorage,
    prefix: str,
    song: dict[str, Any],
    tmp_path: Path,
) -> None:
    """Two requests are answered, that it isn't there and that an upload in parts begins; then no more."""
    path = make("wav16", tmp_path / "long.wav", sample_count=RATE * 150)
    assert path.stat().st_size > 3 * 8 * 1024 * 1024
    before = object_storage.keys(prefix)
    proxy.slow_down(4 * 1024 * 1024)

    def cut_soon() -> None:
        while not [name for name in drafts(server) if len(name) > 64]:
            time.sleep(0.02)
        time.sleep(1)
        proxy.refuse()

    cutter = Thread(target=cut_soon)
    cutter.start()
    try:
        answer = send(owner, path)
        cutter.join(30)
        assert answer.status_code == 503, answer.text
    finally:
        proxy.heal()
    deadline = time.monotonic() + MOST_SECONDS
    while drafts(server) or prefix in object_storage.unfinished():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert object_storage.keys(prefix) == before


def test_a_start_without_the_bucket_opens_links(
    server: Server, owner: httpx.Client, proxy: FaultProxy, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    server.stop()
    proxy.refuse()
    try:
        server.start()
        with server.listener() as listener:
            assert listener.get(f"/v1/music/shared/{link['token']}").status_code == 200
    finally:
        proxy.heal()
