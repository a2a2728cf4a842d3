"""How many clients may renew one open's session, where the operator bounds that: over all processes, exactly
so many, and the rest are refused as everybody is.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx
import pytest

from cast import Server, share, upload
from journeys.refused import normalized
from journeys.seen import BROWSER, upload_song
from listenlink.clock import Clock
from listenlink.store import session_clients
from media.make_audio import make

CLIENTS, AT_ONCE = 4, 24
SHARED = "/v1/music/shared/"
JSON = {"Accept": "application/json"}


class Place(NamedTuple):
    """A server of two processes with the setting, and a song on it."""

    server: Server
    owner: httpx.Client
    song: str

    def opened(self, **terms: Any) -> tuple[str, str]:
        """A new link's path, and the session of its one open."""
        link = share(self.owner, self.song, **terms)
        path = SHARED + str(link["token"])
        with self.server.listener() as first:
            return path, first.get(path, headers=JSON).headers["listen-session"]

    def renew(self, path: str, session: str, client: httpx.Client) -> httpx.Response:
        return client.get(path, headers=JSON | {"Listen-Session": session})

    def fill(self, path: str, session: str) -> list[httpx.Client]:
        """As many clients as may renew it, which have."""
        clients = [self.server.listener() for _ in range(CLIENTS)]
        for client in clients:
            assert self.renew(path, session, client).status_code == 200
        return clients


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("few")
    settings = {
        "SESSION_CLIENTS": str(CLIENTS), "WORKERS": "2", "RESOLVE_LIMIT_PER_MINUTE": "0",
        "TRUSTED_PROXIES": "127.0.0.1/32", "CLIENT_PREFIX_BITS": "56",
    }  # fmt: skip
    server = Server(folder / "data", settings)
    server.create()
    server.start()
    with server.owner() as owner:
        yield Place(server, owner, str(upload_song(owner, folder)["id"]))
    server.stop()


@pytest.mark.parametrize("terms", [{"max_opens": 1}, {}], ids=["one open", "any number"])
def test_of_many_clients_at_once_exactly_so_many_renew(place: Place, terms: dict[str, int]) -> None:
    path, session = place.opened(**terms)
    clients = [place.server.listener() for _ in range(AT_ONCE)]

    def renew(client: httpx.Client) -> httpx.Response:
        return place.renew(path, session, client)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(renew, clients * 2))
        statuses = [answer.status_code for answer in told]
        # Who is in stays in, and who isn't stays out.
        assert statuses[:AT_ONCE] == statuses[AT_ONCE:]
        assert statuses[:AT_ONCE].count(200) == CLIENTS
        assert [answer.status_code for answer in pool.map(renew, clients)] == statuses[:AT_ONCE]
    for answer in told:
        assert answer.status_code in (200, 404)
        if answer.status_code == 200:
            assert answer.headers["listen-session"] == session


def test_one_too_many_is_refused_like_a_link_that_never_was_and_the_audit_says_why(
    place: Place,
) -> None:
    path, session = place.opened()
    place.fill(path, session)
    with place.server.listener() as further:
        refused = place.renew(path, session, further)
        never = place.renew(SHARED + "shr_" + "0" * 32, session, further)
        assert normalized(refused) == normalized(never)
        assert place.server.outcome_of(refused) == ("refused", "session_clients")
        # Without the session it's somebody who opens, as everybody may.
        assert further.get(path, headers=JSON).status_code == 200


@pytest.mark.parametrize("door", ["form", "listening", "download"])
def test_whatever_gives_addresses_of_audio_by_a_session_is_bounded(place: Place, door: str) -> None:
    path, session = place.opened(allow_download=True)
    inside = place.fill(path, session)
    asked = {
        "form": ("POST", path),
        "listening": ("GET", f"{path}/listening/{session}"),
        "download": ("GET", f"{path}/download/{place.song}"),
    }[door]
    headers = {"Listen-Session": session} | (BROWSER if door != "download" else {})
    with place.server.listener() as further:
        assert further.request(*asked, headers=headers).status_code == 404
        told = inside[0].request(*asked, headers=headers)
        assert told.status_code in (200, 303), told.text
        # What gives none isn't; nor are the addresses themselves bound to anybody.
        assert further.get(f"{path}/details", headers=headers).status_code == 200
        view = place.renew(path, session, inside[0]).json()
        assert further.get(view["track"]["playback_url"]).status_code == 200


def test_the_pages_without_a_session_take_no_place(place: Place) -> None:
    path, session = place.opened()
    with place.server.listener() as other:
        for _ in range(3):
            assert other.get(path, headers=BROWSER).status_code == 200
            assert other.head(path, headers=JSON | {"Listen-Session": session}).status_code == 200
    place.fill(path, session)


def test_clients_are_prefixes_as_the_limits_know_them(place: Place) -> None:
    path, session = place.opened()
    place.fill(path, session)[1:]
    path, session = place.opened()
    for number in range(2 * CLIENTS):
        with place.server.listener(f"2001:db8:7:1{number:02x}::{number}") as same:
            assert place.renew(path, session, same).status_code == 200
    for number in range(1, CLIENTS + 1):
        with place.server.listener(f"2001:db8:7:{number + 1}00::1") as other:
            assert place.renew(path, session, other).status_code == (
                200 if number < CLIENTS else 404
            )


def test_who_is_in_stays_in_over_a_restart_and_nobody_gets_in(place: Place) -> None:
    path, session = place.opened(max_opens=1)
    inside = place.fill(path, session)
    place.server.stop()
    place.server.start()
    for client in inside:
        assert place.renew(path, session, client).status_code == 200
    with place.server.listener() as further:
        assert place.renew(path, session, further).status_code == 404


def test_nothing_stored_of_a_session_names_a_client_and_it_goes_with_the_session(
    place: Place,
) -> None:
    with place.server.listener("203.0.113.77") as client:
        for _ in range(2):
            path, session = place.opened()
            assert place.renew(path, session, client).status_code == 200
    rows = place.server.query("SELECT open_trace, client, ends_at FROM session_clients")
    # The same client in two sessions has two names.
    assert len({bytes(row[1]) for row in rows}) == len(rows) > 2
    assert all(len(bytes(row[1])) == 16 for row in rows)
    ended = min(row[2] for row in rows)
    assert ended > Clock().now_us()
    database = place.server.backend.open()
    try:
        assert database.write_now(lambda c: session_clients.delete_over(c, ended - 1)) == 0
        assert database.write_now(lambda c: session_clients.delete_over(c, ended)) > 0
        while database.write_now(lambda c: session_clients.delete_over(c, 2**62)):
            pass
    finally:
        database.close()
    assert place.server.query("SELECT * FROM session_clients") == []


def test_without_the_setting_a_session_is_renewed_from_anywhere_and_nothing_is_stored(
    server: Server, owner: httpx.Client, tmp_path: Any
) -> None:
    song = upload(owner, make("wav16", tmp_path / "song.wav"))
    path = SHARED + str(share(owner, song["id"], max_opens=1)["token"])
    with server.listener() as first:
        session = first.get(path, headers=JSON).headers["listen-session"]
    for _ in range(10):
        with server.listener() as other:
            headers = JSON | {"Listen-Session": session}
            assert other.get(path, headers=headers).status_code == 200
    assert server.query("SELECT * FROM session_clients") == []
