"""What a stranger sends is not kept: however long a header, a path or a query, and however many different
ones, the process grows by little. The ordinary suite sends thousands of each kind, `LISTENLINK_TEST_FULL=1`
a hundred thousand.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, clean_environment, share, upload
from engines import of_folder
from listenlink.actions.show_link import LinkPresenter
from listenlink.media.signed_url import PlaybackUrls
from listenlink.model.licence import EngineRegistry
from listenlink.model.listen_session import ListenSession
from listenlink.model.signing import Signer, SigningKey
from listenlink.store.opening.open_rows import FoundTrack
from live.load import FULL
from media.make_audio import make
from trust.figures import figure
from web.hoard import KINDS

pytestmark = [of_folder, pytest.mark.timeout(3600 if FULL else 300)]

# Of what costs a millisecond or more, a tenth of it.
REQUESTS = 100_000 if FULL else 1200
# 64 MiB are promised for all of them.
MOST_OF_A_PART_BYTES = 32 * 1024 * 1024
MOST_OF_A_KIND_BYTES = 24 * 1024 * 1024
# Each within nine minutes at full size, also beside other work. `make trust` adds up what they grow by.
PARTS = {str(part): list(KINDS)[part::6] for part in range(6)}
_TRACKS = 11_000
_CLEF = "\N{MUSICAL SYMBOL G CLEF}"
HOARD = Path(__file__).with_name("hoard.py")


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without limits: everything that is asked for gets as far as it can."""
    settings = {
        "TRUSTED_PROXIES": "127.0.0.1/32",
        "RESOLVE_LIMIT_PER_MINUTE": "0",
        "PLAYBACK_TTL_SECONDS": "3600",
    }
    running = Server(tmp_path_factory.mktemp("open") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


def goods_of(open_house: Server, tmp_path: Path) -> dict[str, str]:
    """Where there is something to ask for."""
    with open_house.owner() as owner, open_house.listener() as listener:
        song = upload(owner, make("wav16", tmp_path / "a.wav", sample_count=5000))
        token = share(owner, song["id"])["token"]
        opened = "/v1/music/shared/" + token
        view = listener.get(opened).json()
        page = listener.get(opened, headers={"Accept": "text/html"}).text
    shared = f"{open_house.url}{opened}"
    return {
        "open": opened,
        "page": opened,
        "listen": opened + "/listen",
        "audio": httpx.URL(view["track"]["playback_url"]).path,
        "oembed": "/oembed?url=" + shared,
        "bare oembed": "/oembed",
        "asset": "/assets/" + page.partition("/assets/")[2].partition('"')[0],
        "shared": "/v1/music/shared/",
        "embed": "/embed/",
        "picture": "/v1/music/picture/",
        "download": "/v1/music/download/",
        "music": "/v1/music/",
        "caller": "/v1/caller",
    }


@pytest.mark.parametrize("part", PARTS)
def test_a_process_hardly_grows_whatever_strangers_send(
    open_house: Server, tmp_path: Path, part: str
) -> None:
    paths, kinds = goods_of(open_house, tmp_path), PARTS[part]
    arguments = [str(open_house.data), str(open_house.port), str(REQUESTS)]
    arguments += [json.dumps(paths), json.dumps(kinds)]
    done = subprocess.run(
        [sys.executable, str(HOARD), *arguments], env=clean_environment(**open_house.settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for name, each in told.items():
        print(f"{each['grew'] / 1e6:8.1f} MB  {each['us']:6} µs  {each['statuses']}  {name}")
    assert list(told) == kinds
    # Each got as far as its door: what is refused before it is remembered nowhere anyway.
    assert [name for name, each in told.items() if not set(each["statuses"]) <= _EXPECTED] == []
    answered = {"agent", "language", "range", "tag"} & told.keys()
    assert all(told[name]["statuses"] == [200] for name in answered)
    grown = list(itertools.accumulate(each["grew"] for each in told.values()))
    print(f"at most {max(grown) / 1e6:.1f} MB")
    figure("requests of strangers", REQUESTS * len(told))
    figure("grown by what strangers send, MB", round(max(grown) / 1e6, 1))
    assert max(grown) <= MOST_OF_A_PART_BYTES
    assert max(each["grew"] for each in told.values()) <= MOST_OF_A_KIND_BYTES


def test_a_track_is_written_once_however_many_were_before_it(tmp_path: Path) -> None:
    written = 0

    class Counted(LinkPresenter):
        def _render(self, track: FoundTrack, now_us: int) -> Any:
            nonlocal written
            written += 1
            return super()._render(track, now_us)

    signer = Signer([SigningKey("01234567", b"k" * 32)], "a test")
    urls = PlaybackUrls("", signer, signer, signer, signer)
    presenter, session = Counted(urls, EngineRegistry((), ()), 300), ListenSession(1, 1, 1, 1)
    tracemalloc.start()
    for number in range(_TRACKS):
        presenter._write_tracks(session, [_track(number)], 1)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written == _TRACKS
    for _ in range(5):
        for number in range(_TRACKS - 500, _TRACKS):
            presenter._write_tracks(session, [_track(number)], 1)
    assert written == _TRACKS
    assert 1_000_000 < kept < 13_000_000


def _track(number: int) -> FoundTrack:
    """As it's read from the database: with texts of its own, as large as they get."""
    title = _CLEF * 512
    return FoundTrack(
        number, None, title, "x", "creation", 1, 1, 0, "unclear", "", 0, None, 1, None
    )


_EXPECTED = {200, 204, 206, 304, 401, 403, 404, 414, 415, 421, 422}
