"""An archive while the bucket refuses, hangs or fails: a 503 before any byte, and a cut behind it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from cast import Server, upload
from engines import SQLITE, of_sqlite
from fault_proxy import FaultProxy, fault_proxy
from journeys.albums import Taken, make_album
from live.door_promises import ANY_WITHIN_SECONDS
from media.make_audio import make
from object_storage import ObjectStorage

# Once for both sets of back ends: it starts what it needs.
pytestmark = of_sqlite
FAILURE = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
FAULTS: dict[str, Callable[[FaultProxy], None]] = {
    "refuses": FaultProxy.refuse,
    "hangs": FaultProxy.hang,
    "fails": lambda proxy: proxy.answer_with(FAILURE),
}


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, object_storage: ObjectStorage
) -> Iterator[tuple[Server, FaultProxy, Taken]]:
    folder = tmp_path_factory.mktemp("bucket")
    with fault_proxy(object_storage.port) as proxy:
        settings = {
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "STORAGE_URL": object_storage.url(f"archives/{secrets.token_hex(6)}", proxy.port),
        }
        server = Server(folder / "data", settings, engine=SQLITE)
        server.create()
        server.start()
        with server.owner() as owner, server.listener() as listener:
            paths = [
                make("wav16", folder / f"{n}.wav", sample_count=1_500_000 + n) for n in range(2)
            ]
            # What isn't signed for: a file with a manifest in it is summed when it's made.
            songs = [upload(owner, path, engine="own_recording") for path in paths]
            album = make_album(owner, songs)
            server.wait_until_derived()
            yield server, proxy, Taken(owner, listener, album)
            proxy.heal()
        server.stop()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("known", [True, False], ids=["summed", "without checksums"])
def test_nothing_is_begun_that_cannot_be_had(
    place: tuple[Server, FaultProxy, Taken], fault: str, known: bool
) -> None:
    server, proxy, taken = place
    right = server.query("SELECT crc32, id FROM audio_objects")
    url = taken.url()
    if not known:
        server.change("UPDATE audio_objects SET crc32 = NULL")
    FAULTS[fault](proxy)
    try:
        began = time.monotonic()
        assert taken.ask().status_code == 200
        refused = taken.listener.get(url)
        head = taken.listener.head(url)
        assert time.monotonic() - began < 3 * ANY_WITHIN_SECONDS
    finally:
        proxy.heal()
    assert refused.status_code == 503, refused.text
    assert refused.json()["error"]["code"] == "STORAGE_UNAVAILABLE"
    assert int(refused.headers["retry-after"]) >= 1
    # Its head needs no file, but their checksums.
    assert head.status_code == (200 if known else 503)
    deadline = time.monotonic() + 30
    while (got := taken.listener.get(url)).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert len(got.content) == int(got.headers["content-length"])
    assert server.query("SELECT crc32, id FROM audio_objects") == right


def test_one_that_has_begun_is_cut(place: tuple[Server, FaultProxy, Taken]) -> None:
    _, proxy, taken = place
    arrived, size, is_cut = 0, 0, False
    try:
        with taken.listener.stream("GET", taken.url()) as answer:
            assert answer.status_code == 200
            size = int(answer.headers["content-length"])
            for chunk in answer.iter_raw(65_536):
                arrived += len(chunk)
                if arrived > 1_000_000:
                    proxy.refuse()
    except httpx.RemoteProtocolError:
        is_cut = True
    finally:
        proxy.heal()
    assert is_cut
    assert 1_000_000 < arrived < size
