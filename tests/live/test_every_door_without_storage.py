"""Every door while the bucket refuses or hangs: what needs no audio answers as ever, links open truthfully,
and nobody waits long."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cast import Server
from engines import SQLITE, of_sqlite
from fault_proxy import FaultProxy, fault_proxy
from live.door_promises import ANY_WITHIN_SECONDS, Told, ask, ask_all, check_it_recovers
from live.doors import ORG, SHARED, Door, House, list_doors
from object_storage import ObjectStorage

# Once for both sets of back ends: it starts what it needs.
pytestmark = of_sqlite
UPLOAD = Door("POST", ORG + "/tracks")
ARCHIVE = Door("GET", "/v1/music/archive/{signed}")
# More would wait for each other to be measured, which has nothing to do with the bucket.
UPLOADS_AT_ONCE = 2
# A bucket sends these itself; what's kept of pictures needs none.
_SENT_BY_THE_BUCKET = ("/v1/music/audio/{signed}", "/v1/music/download/{signed}")
ASKED = [
    door
    for door in list_doors()
    if door.method in ("GET", "HEAD", "OPTIONS") and door.path not in _SENT_BY_THE_BUCKET
]


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, object_storage: ObjectStorage
) -> Iterator[tuple[House, FaultProxy]]:
    folder = tmp_path_factory.mktemp("bucket")
    with fault_proxy(object_storage.port) as proxy:
        settings = {
            "TRUSTED_PROXIES": "127.0.0.1/32",
            "STORAGE_URL": object_storage.url(f"doors/{secrets.token_hex(6)}", proxy.port),
        }
        server = Server(folder / "data", settings, engine=SQLITE)
        server.create()
        server.start()
        house = House(server, folder)
        house.owner.get(house.path_of(Door("GET", ORG + "/tracks/{track_id}/cover")))
        yield house, proxy
        proxy.heal()
        house.close()
        server.stop()


def is_kept(told: Told) -> bool:
    """Whether it's as promised: as ever, or a 503 where something is uploaded, or
    files are fetched by this server."""
    if told.seconds > ANY_WITHIN_SECONDS:
        return False
    if told.door in (UPLOAD, ARCHIVE):
        return told.status == 503 and int(told.retry_after) >= 1
    return told.is_as_ever


@pytest.mark.parametrize("fault", ["refuse", "hang"])
def test_what_needs_no_audio_answers_as_ever(place: tuple[House, FaultProxy], fault: str) -> None:
    house, proxy = place
    before = house.server.query("SELECT count(*) FROM tracks")
    getattr(proxy, fault)()
    try:
        with ThreadPoolExecutor(UPLOADS_AT_ONCE) as threads:
            uploading = threads.map(lambda _: ask(house, UPLOAD), range(UPLOADS_AT_ONCE))
            answers = [*ask_all(house, ASKED), *uploading]
        opened = ask(house, Door("GET", SHARED))
        assert (opened.status, "playback_url" in opened.text) == (200, True)
    finally:
        proxy.heal()
    wrong = [str(told) for told in answers if not is_kept(told)]
    assert not wrong, "\n".join(wrong)
    assert house.server.query("SELECT count(*) FROM tracks") == before
    check_it_recovers(house, [UPLOAD, ARCHIVE])
