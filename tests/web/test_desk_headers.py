"""Every route of the desk × who asks: exactly these headers, and no other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from cast import Server, share, upload
from engines import of_folder
from journeys.matrix import Route, routes_of
from journeys.versioned import put_in
from listenlink.web.routes import FOR_PEOPLE
from media.make_audio import make
from signed_in import GOOD, at_desk, first_email, new_link, set_password, sign_in, stranger
from web.desk_header_table import TOLD
from web.header_table import differences

pytestmark = of_folder

ROUTES = routes_of(FOR_PEOPLE)
WHOM = {str(route): handler.opt["desk"] for handler in FOR_PEOPLE for route in routes_of([handler])}
# Where a GET leads, and not to a page of its own.
LEADING = {
    "/": "desk_leads", "/desk/tracks/{track_id}/original": "desk_leads_to_file",
    "/desk/collections/{collection_id}/archive": "desk_leads_to_archive",
}  # fmt: skip
PROGRAM = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"TRUSTED_PROXIES": "127.0.0.1/32", "PUBLIC_URL": "https://music.example"}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def things(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the pages with an id in their address are of."""
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav")
    with server.owner() as owner:
        track = upload(owner, song)["id"]
        put_in(owner, track, make("wav16", song.with_name("b.wav"), sample_count=9000))
        collection = owner.post("/collections", json={"name": "Evenings"}).json()["id"]
        owner.post(f"/collections/{collection}/tracks", json={"track_id": track})
        told = {"url": "http://127.0.0.1:9/hook", "events": ["link.spread"]}
        return {
            "webhook_id": owner.post("/webhooks", json=told).json()["id"],
            "track_id": track,
            "collection_id": collection,
            "share_id": share(owner, track)["id"],
            "user_id": server.new_member()["user_id"],
            "version": "1",
        }


@pytest.fixture(scope="module")
def person(server: Server) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


def check(answer: httpx.Response, status: int, kind: str) -> None:
    assert answer.status_code == status, answer.text
    assert differences(answer.headers.multi_items(), TOLD[kind]) == [], str(answer.request.url)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET"], ids=str)
def test_a_page_is_shown_to_whom_it_is_for(
    server: Server, person: httpx.Client, things: dict[str, str], route: Route
) -> None:
    covered = things["collection_id" if "/collections/" in route.path else "track_id"]
    path = route.path.format_map(things | {"thing": covered})
    if kind := LEADING.get(route.path):
        check(person.get(path), 303, kind)
    else:
        check(person.get(path), 200, "desk_page")
        check(person.head(path), 200, "desk_page")
    with stranger(server) as other:
        if WHOM[str(route)] != "anybody":
            answer = other.get(path)
            check(answer, 303, "desk_stranger")
            assert answer.headers["location"] == "/desk/sign-in"
            check(other.get(path, headers=PROGRAM), 401, "stranger")
        elif route.path not in LEADING:
            check(other.get(path), 200, "desk_page")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=str)
def test_a_form_is_refused_from_elsewhere_and_of_strangers(
    server: Server, person: httpx.Client, route: Route
) -> None:
    for client in (person, stranger(server)):
        elsewhere = {"Sec-Fetch-Site": "cross-site"}
        check(client.post(route.path, data={}, headers=elsewhere), 403, "desk_page")
        check(client.post(route.path, data={}, headers=elsewhere | PROGRAM), 403, "inner")
    if WHOM[str(route)] != "anybody":
        with stranger(server) as other:
            check(other.post(route.path, data={}), 303, "desk_stranger")
            check(other.post(route.path, data={}, headers=PROGRAM), 401, "stranger")


def test_what_makes_a_link_shows_it_and_draws_it(
    person: httpx.Client, things: dict[str, str]
) -> None:
    path = f"/desk/tracks/{things['track_id']}/share"
    check(person.post(path, data={"expires": "days-1"}), 200, "desk_page")
    check(person.post(path, data={"expires": "nonsense"}), 422, "desk_page")
    url = "https://music.example/v1/music/shared/shr_" + "0" * 32
    check(person.post("/desk/qr", json={"url": url}, headers=PROGRAM), 200, "inner")
    check(person.post("/desk/qr", json={}, headers=PROGRAM), 422, "inner")


def test_signing_in_and_out(server: Server) -> None:
    with stranger(server) as client:
        check(client.post("/desk/welcome", data={"link": "0" * 64}), 422, "desk_page")
        answer = client.post("/desk/welcome", data={"link": new_link(server)})
        check(answer, 303, "desk_signs_in")
    with contextlib.closing(at_desk(server)) as client:
        answer = set_password(client)
        check(answer, 303, "desk_signs_in")
        check(client.post("/desk/sign-out"), 303, "desk_signs_out")
        check(sign_in(client, first_email(server), GOOD), 303, "desk_signs_in")


def test_what_is_nowhere_is_a_page_for_a_person_and_the_envelope_for_a_program(
    server: Server, person: httpx.Client
) -> None:
    for client in (person, stranger(server)):
        for path in ("/nothing", "/desk/nothing", "/desk/tracks"):
            check(client.get(path), 404, "desk_page")
            check(client.get(path, headers=PROGRAM), 404, "inner")
        check(client.put("/desk/me"), 405, "desk_not_allowed")
        for path in ("/v1/nothing", "/assets/nothing", "/embed/", "/schema/nothing"):
            check(client.get(path), 404, "inner")


def test_no_page_of_the_desk_may_be_framed_kept_or_indexed() -> None:
    desk = [told for kind, told in TOLD.items() if kind.startswith("desk")]
    assert len(desk) >= 6
    for told in desk:
        assert "frame-ancestors 'none'" in str(told["content-security-policy"])
        assert told["cache-control"] == "no-store"
        assert told["x-robots-tag"] == "noindex, nofollow, noarchive"
