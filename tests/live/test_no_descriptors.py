"""Without descriptors a process says "busy" or "not now", never that it or the sender is broken; and goes on
as soon as there are some."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from cast import Server, share, upload, wait_for_sound
from engines import of_folder
from listenlink.app import build_instance
from listenlink.clock import Clock
from listenlink.running import housekeeping
from listenlink.settings import load_settings
from live.load import FULL, with_waits
from media.make_audio import add_cover, make
from shorter_waits import LOOK_AGAIN
from signing import is_signed

pytestmark = of_folder

# Below ten it fails at one place after the other.
FREE = range(14) if FULL else (0, 1, 3, 5, 7, 9, 10, 11, 13)


class Scarce:
    """The process that answers, and how many descriptors it may have."""

    def __init__(self, server: Server) -> None:
        assert server.process is not None
        (self.pid,) = [child.pid for child in psutil.Process(server.process.pid).children()]
        self._before = resource.prlimit(self.pid, resource.RLIMIT_NOFILE)

    def leave(self, free: int) -> None:
        """Let it open this many more."""
        taken = {int(link.name) for link in Path(f"/proc/{self.pid}/fd").iterdir()}
        limit = 0
        while free or limit in taken:
            free -= limit not in taken
            limit += 1
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (limit, self._before[1]))

    def end(self) -> None:
        """As it was."""
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, self._before)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # It's started, because how it starts a process is tested.
    with with_waits(tmp_path_factory.mktemp("scarce"), LOOK_AGAIN, is_forked=False) as running:
        yield running


@pytest.fixture
def scarce(server: Server) -> Iterator[Scarce]:
    made = Scarce(server)
    yield made
    made.end()


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[httpx.Client]:
    with server.owner() as client:
        assert client.get("/tracks").is_success
        yield client


@pytest.fixture(scope="module")
def listener(server: Server) -> Iterator[httpx.Client]:
    """One connection, which is there before it gets scarce."""
    with server.listener() as client:
        assert client.get("/healthz").is_success
        yield client


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("audio") / "a.flac"
    track = upload(owner, add_cover(make("flac", path, sample_count=30_000)))
    wait_for_sound(owner, track["id"])
    return track


def busy(answer: httpx.Response) -> bool:
    """Whether it's a 503 as it should be. Anything but that or a success fails."""
    if answer.is_success:
        return False
    assert answer.status_code == 503, (answer.status_code, answer.text[:300])
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"]["type"] == "server_error"
    assert answer.json()["error"]["code"] in ("SERVICE_UNAVAILABLE", "STORAGE_UNAVAILABLE")
    return True


def test_playback_is_a_503_and_goes_on_when_there_are_descriptors(
    server: Server,
    scarce: Scarce,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
) -> None:
    token = share(owner, song["id"])["token"]
    path = "/v1/music/shared/" + str(token)
    url = httpx.URL(listener.get(path).json()["track"]["playback_url"]).path
    whole = listener.get(url)
    assert whole.is_success
    time.sleep(1.5)  # Until what was played a moment ago is closed.
    scarce.leave(0)
    for wanted in ({}, {"Range": "bytes=0-99"}, {"Range": "bytes=5-"}):
        refused = listener.get(url, headers=wanted)
        assert busy(refused)
        assert refused.json()["error"]["code"] == "STORAGE_UNAVAILABLE"
        assert "etag" not in refused.headers
    # Opening needs none.
    assert listener.get(path).is_success
    assert listener.head(url).is_success
    scarce.end()
    assert listener.get(url).content == whole.content
    assert listener.get(url, headers={"Range": "bytes=0-99"}).content == whole.content[:100]
    assert server.log is not None
    log = server.log.read_text()
    assert "no_descriptors_left" in log
    assert '"unexpected"' not in log


def test_whatever_needs_descriptors_is_a_503_for_want_of_them(
    scarce: Scarce, server: Server, owner: httpx.Client, listener: httpx.Client,
    song: dict[str, Any], tmp_path: Path,
) -> None:  # fmt: skip
    """With none left, and with so few that it fails on the way: at the draft, at the pipes of the process
    that measures it, when it's put in place."""
    told: dict[str, list[bool]] = {}
    for free in FREE:
        for name, ask in asked_for(owner, listener, server, song, tmp_path, free).items():
            # A connection after a refused body is another one; no more are let in while it's scarce.
            assert owner.get("/share?limit=1").is_success
            assert listener.get("/healthz").is_success
            # What is made of an upload before would take some of those that are left.
            server.wait_until_derived()
            scarce.leave(free)
            answer = ask()
            scarce.end()
            told.setdefault(name, []).append(busy(answer))
    print({name: "".join("-+"[not each] for each in busy) for name, busy in told.items()})
    for name, each in told.items():
        assert not each[-1], name
    assert all(told[name][0] for name in ("upload", "begin in pieces", "piece", "cover", "preview"))
    assert server.log is not None
    assert '"unexpected"' not in server.log.read_text()
    assert httpx.get(server.url + "/readyz").json()["status"] == "ready"
    # It waits for the drafts of what is being made, too.
    server.wait_until_derived()


def asked_for(
    owner: httpx.Client, listener: httpx.Client, server: Server, song: dict[str, Any],
    folder: Path, round_: int,
) -> dict[str, Callable[[], httpx.Response]]:  # fmt: skip
    """Requests of every kind that opens a file or starts a process, for things that no round before had."""
    file = make("wav16", folder / f"{round_}.wav", sample_count=5000 + round_)
    link = share(owner, song["id"], label=str(round_))
    changed = owner.patch(f"/tracks/{song['id']}", json={"title": f"Round {round_}"})
    assert changed.is_success
    page = listener.get(f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"}).text
    preview = page.partition('property="og:image" content="')[2].partition('"')[0]
    assert "/v1/music/picture/" in preview
    whole = file.read_bytes()
    tus = {"Tus-Resumable": "1.0.0"}
    facts = tus | {
        "Upload-Length": str(len(whole)),
        "Upload-Metadata": "engine c3R1ZGlv,filename YS53YXY=",
    }
    begun = owner.post("/uploads", headers=facts)
    assert begun.is_success
    piece = tus | {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

    def send() -> httpx.Response:
        data, files = {"engine": "studio"}, {"file": ("a.wav", whole)}
        return owner.post("/tracks", data=data, files=files)

    return {
        "upload": send,
        "begin in pieces": lambda: owner.post("/uploads", headers=facts),
        "piece": lambda: owner.patch(
            f"{server.url}{begun.headers['location']}", headers=piece, content=whole
        ),
        "cover": lambda: owner.get(f"/tracks/{song['id']}/cover"),
        "preview": lambda: listener.get(httpx.URL(preview).path),
        "open": lambda: listener.get(f"/v1/music/shared/{link['token']}"),
        "tracks": lambda: owner.get("/tracks"),
        "write": lambda: owner.post("/collections", json={"name": str(round_)}),
    }


def test_what_is_made_of_audio_is_made_once_there_are_descriptors(
    scarce: Scarce, owner: httpx.Client, tmp_path: Path
) -> None:
    """Soon, and not as if the audio were bad."""
    path = add_cover(make("flac", tmp_path / "b.flac", sample_count=400_000))
    track = upload(owner, path)
    scarce.leave(1)
    time.sleep(1)
    scarce.end()
    sound = wait_for_sound(owner, track["id"])
    assert sound["peaks"]
    assert sound["has_cover"]
    assert is_signed(owner.get(f"/tracks/{track['id']}").json()["ai"])


async def test_the_house_is_kept_on_after_there_were_none(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed is tried again, and what is kept beside it doesn't end with it."""
    instance = build_instance(load_settings(data=server.data, port=server.port), Clock())
    asked: list[str] = []

    def fail(name: str) -> Callable[..., Any]:
        def ask(*_: object) -> Any:
            asked.append(name)
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

        return ask

    monkeypatch.setattr(instance.running.daily_keys, "destroy_old", fail("retention"))
    monkeypatch.setattr(instance.running.daily_keys, "prepare", fail("days"))
    monkeypatch.setattr(instance.running.keys, "compare", fail("keys"))
    monkeypatch.setattr(instance.listening.opener, "write_limited", fail("limited"))
    for name in ("_SECOND", "_MINUTE", "_RETENTION_EVERY_SECONDS", "_DAYS_EVERY_SECONDS"):
        monkeypatch.setattr(housekeeping, name, 0.01)
    keeping = asyncio.create_task(housekeeping.keep_house(instance))
    async with asyncio.timeout(10):
        while min(asked.count(name) for name in ("retention", "days", "keys", "limited")) < 2:
            await asyncio.sleep(0.02)
    assert not keeping.done()
    keeping.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await keeping
    instance.close()
