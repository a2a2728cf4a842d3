"""A revocation bounds what a running stream still delivers, in bytes and at any speed of its reader; a link
that's given a password does the same.

What has arrived at the listener when the revocation is acknowledged is theirs. From then on the server's
queue and its kernel's buffer (and a proxy's) are all that is left: docs/api.md states how much that is.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from cast import Server, free_port, share, upload
from engines import of_folder
from live.load import SHARED
from live.proxy import needs_nginx, nginx_before
from live.slow_reader import FULL_SPEED, MOST_BYTES_AFTER, THEN_NOTHING, SlowReader
from media.make_audio import make

pytestmark = of_folder

SPEEDS = {
    "32 KB/s": 32_000, "256 KB/s": 256_000, "not reading": None, "full speed": FULL_SPEED,
    "fast, then not reading": THEN_NOTHING,
}  # fmt: skip


@pytest.fixture(scope="module")
def stopping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Any]]]:
    """A server behind nginx, or asked directly, and a track of 24 MB."""
    folder = tmp_path_factory.mktemp("stopping")
    port = free_port()
    server = Server(
        folder / "data",
        {"TRUSTED_PROXIES": "127.0.0.1/32", "PUBLIC_URL": f"http://127.0.0.1:{port}",
         "RESOLVE_LIMIT_PER_MINUTE": "0"},
    )  # fmt: skip
    server.create()
    server.start()
    with server.owner() as owner:
        song = upload(owner, make("wav16", folder / "long.wav", sample_count=6_000_000))
    yield server, song
    server.stop()


def playback_url(server: Server, link: dict[str, Any], port: int) -> str:
    """A fresh one, by way of this port."""
    view = httpx.get(f"{server.url}{SHARED}{link['token']}").json()
    path = str(view["track"]["playback_url"]).partition("/v1/")[2]
    return f"http://127.0.0.1:{port}/v1/{path}"


def close(owner: httpx.Client, link: dict[str, Any]) -> httpx.Response:
    return owner.delete(f"/share/{link['id']}")


def lock(owner: httpx.Client, link: dict[str, Any]) -> httpx.Response:
    return owner.patch(f"/share/{link['id']}", json={"password": "harbour-lights"})


def revoke_while_playing(
    server: Server,
    song: dict[str, Any],
    port: int,
    revoke: Callable[[httpx.Client, dict[str, Any]], httpx.Response] = close,
) -> dict[str, int]:
    """How many bytes each of the readers got after the revocation of their link was acknowledged."""
    with server.owner() as owner, contextlib.ExitStack() as stack:
        link = share(owner, song["id"])
        readers = {
            speed: stack.enter_context(SlowReader(playback_url(server, link, port), rate))
            for speed, rate in SPEEDS.items()
        }
        time.sleep(1.0)
        assert not any(reader.is_ended for reader in readers.values())
        assert readers["full speed"].received > 1_000_000
        assert readers["256 KB/s"].received > 100_000
        assert revoke(owner, link).status_code == 200
        before = {speed: reader.arrived() for speed, reader in readers.items()}
        for speed, reader in readers.items():
            assert reader.finish(within_seconds=45), f"{speed}: wasn't cut"
            # What is read fast may have come to this machine whole before.
            is_slow = SPEEDS[speed] not in (FULL_SPEED, THEN_NOTHING)
            is_whole = is_slow and reader.received >= song_bytes(server)
            assert not is_whole, f"{speed}: got the whole song"
        return {speed: readers[speed].received - before[speed] for speed in readers}


def song_bytes(server: Server) -> int:
    """How many there are to get."""
    ((size,),) = server.query("SELECT size_bytes FROM audio_objects")
    return int(size)


@pytest.fixture(scope="module")
def behind_nginx(
    stopping: tuple[Server, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Future[dict[str, int]]]:
    """What the readers behind nginx got, who begin with those who ask directly: it's 16 s until the slowest
    of them has read what there still is for them."""
    server, song = stopping
    port = int(server.settings["PUBLIC_URL"].rpartition(":")[2])

    def revoke() -> dict[str, int]:
        with nginx_before(tmp_path_factory.mktemp("nginx"), port, server.port):
            return revoke_while_playing(server, song, port)

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(revoke)


def test_what_comes_after_a_revocation_is_bounded(
    stopping: tuple[Server, dict[str, Any]], behind_nginx: Future[dict[str, int]]
) -> None:
    server, song = stopping
    with ThreadPoolExecutor(1) as thread:
        locking = thread.submit(revoke_while_playing, server, song, server.port, lock)
        after = revoke_while_playing(server, song, server.port)
        locked = locking.result()
    print(f"bytes after the revocation: {after}, after the password: {locked}")
    assert max(after.values()) <= MOST_BYTES_AFTER
    assert max(locked.values()) <= MOST_BYTES_AFTER


def most_received_by_a_kernel() -> int:
    """The bytes that it keeps for a connection whose program was held up: tcp_rmem's greatest."""
    return int(Path("/proc/sys/net/ipv4/tcp_rmem").read_text().split()[2])


@needs_nginx
def test_the_same_behind_nginx(behind_nginx: Future[dict[str, int]]) -> None:
    after = behind_nginx.result()
    print(f"bytes after the revocation, behind nginx: {after}")
    # What its kernel had received is nginx's own, and comes on top: more of it where it's held up.
    assert median(after.values()) <= MOST_BYTES_AFTER
    assert max(after.values()) <= MOST_BYTES_AFTER + most_received_by_a_kernel()
