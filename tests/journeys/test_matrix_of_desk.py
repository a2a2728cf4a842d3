"""Every page and form of the desk × people: two owners of one organisation, a member, one of another.

Whoever is signed in sees their own; of somebody else's thing they are told what is told of one that doesn't
exist.
"""

from __future__ import annotations

import re

import httpx
import pytest

from cast import Server
from journeys.matrix import OF_OWNERS, UNKNOWN, Caller, Route, routes_of
from journeys.matrix_rows import stored
from listenlink.web.routes import FOR_PEOPLE
from media.make_audio import add_cover, make
from signed_in import OWN

PEOPLE = ("owner", "colleague", "member", "stranger")
OTHERS = PEOPLE[1:]
# Whose a thing is says its path; a cover's is a track's or a collection's.
_OF_COVERS = re.compile(r"/(track|collection)s/{thing}")


def _named(route: Route) -> Route:
    kinds = {"track": "track_id", "collection": "collection_id"}
    path = _OF_COVERS.sub(lambda m: f"/{m[1]}s/{{{kinds[m[1]]}}}", route.path)
    return Route(route.method, path, route.scope)


ROUTES = [_named(route) for route in routes_of(FOR_PEOPLE)]
# Of members, for any owner of their organisation; of all other things, for whose they are.
OF_MEMBERS = [route for route in ROUTES if set(route.ids) & OF_OWNERS]
OF_THINGS = [route for route in ROUTES if route.ids and route not in OF_MEMBERS]
# An owner looks at everybody's (`test_see_all_links.py`).
SEEN_BY_OWNERS = "/desk/links/{share_id}"
# What leads elsewhere, and what anybody sees, names nobody's things.
_NO_LISTS = ("/", "/desk/sign-in", "/desk/welcome")
LISTS = [r for r in ROUTES if r.method == "GET" and not r.ids and r.path not in _NO_LISTS]


@pytest.fixture(scope="module")
def people(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Caller]:
    song = add_cover(make("mp3_cbr", tmp_path_factory.mktemp("audio") / "song.mp3"))
    callers = {
        "owner": Caller(server, song, server.new_member("owner")),
        "colleague": Caller(server, song, server.new_member("owner")),
        "member": Caller(server, song, server.new_member("member")),
        "stranger": Caller(server, song, server.new_organization()),
    }
    for caller in callers.values():
        caller.sign_in()
        for route in OF_THINGS:
            caller.standing_for(route)
    return callers


def ask(server: Server, cookie: str, route: Route, things: dict[str, str]) -> httpx.Response:
    headers = OWN | ({"Cookie": cookie} if cookie else {})
    path = route.path.format(**things)
    form = None if route.method == "GET" else {"do": "up"}  # a step of a track; else nothing said
    return httpx.request(route.method, server.url + path, headers=headers, data=form, timeout=60)


def told(answer: httpx.Response, things: dict[str, str]) -> tuple[int, str]:
    """An answer without what names the thing or the request, or is made up for each page."""
    text = re.sub(r"[a-z]+(-[a-z]+){3}", "made at random", answer.text)
    for name in things.values():
        text = text.replace(name, "…")
    return answer.status_code, text


def test_there_are_routes_of_each_thing() -> None:
    assert {kind for route in OF_THINGS for kind in route.ids} == {
        "track_id", "collection_id", "share_id", "webhook_id", "delivery_id",
    }  # fmt: skip
    assert len(OF_THINGS) >= 20


@pytest.mark.parametrize("route", [r for r in OF_THINGS if r.method == "GET"], ids=str)
@pytest.mark.parametrize("who", PEOPLE)
def test_each_sees_their_own(
    server: Server, people: dict[str, Caller], route: Route, who: str
) -> None:
    caller = people[who]
    answer = ask(server, caller.cookie, route, caller.standing_for(route))
    if answer.status_code == 303:  # to the file itself
        file = httpx.get(answer.url.join(answer.headers["location"]), timeout=60)
        assert file.headers["content-disposition"].startswith("attachment")
    else:
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("route", OF_THINGS, ids=str)
@pytest.mark.parametrize("who", OTHERS)
def test_what_is_foreign_answers_as_what_does_not_exist(
    server: Server, people: dict[str, Caller], route: Route, who: str
) -> None:
    caller, owners = people[who], people["owner"].standing_for(route)
    own, before = caller.standing_for(route), stored(server)
    if who == "colleague" and str(route) == f"GET {SEEN_BY_OWNERS}":
        seen = ask(server, caller.cookie, route, owners)
        assert seen.status_code == 200
        assert "/v1/music/shared/" not in seen.text
        return
    for kind in route.ids:
        foreign, unknown = own | {kind: owners[kind]}, own | {kind: UNKNOWN[kind]}
        answer = told(ask(server, caller.cookie, route, foreign), foreign)
        assert answer == told(ask(server, caller.cookie, route, unknown), unknown), kind
        assert answer[0] == 404, kind
    assert stored(server) == before


@pytest.mark.parametrize("route", OF_THINGS, ids=str)
def test_nobody_is_led_to_sign_in(server: Server, people: dict[str, Caller], route: Route) -> None:
    things = people["owner"].standing_for(route)
    before = stored(server)
    answer = ask(server, "", route, things)
    assert (answer.status_code, answer.headers.get("location")) == (303, "/desk/sign-in")
    assert stored(server) == before


@pytest.mark.parametrize("route", OF_MEMBERS, ids=str)
def test_members_are_up_to_the_owners_of_their_organisation(
    server: Server, people: dict[str, Caller], route: Route
) -> None:
    member = people["owner"].new("user_id")
    for who, status in (("", 303), ("member", 403), ("stranger", 404)):
        before, cookie = stored(server), people[who].cookie if who else ""
        answer = told(ask(server, cookie, route, {"user_id": member}), {"user_id": member})
        assert answer[0] == status, who
        unknown = {"user_id": UNKNOWN["user_id"]}
        assert answer == told(ask(server, cookie, route, unknown), unknown), who
        assert stored(server) == before
    if route.method == "GET":
        for who in ("owner", "colleague"):
            shown = ask(server, people[who].cookie, route, {"user_id": member})
            assert shown.status_code == 200, who


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_lists_have_ones_own_alone(server: Server, people: dict[str, Caller], route: Route) -> None:
    of_owner = {name for of in OF_THINGS for name in people["owner"].standing_for(of).values()}
    assert len(of_owner) == 6
    if route.path == "/desk/people":  # All owners are told what was done, and to what, by its id.
        of_owner = {name for name in of_owner if name.startswith("mdelivery_")}
    for who in OTHERS:
        answer = ask(server, people[who].cookie, route, {})
        is_for_them = route.path != "/desk/people" or who != "member"
        assert answer.status_code == (200 if is_for_them else 403), who
        assert not [name for name in of_owner if name in answer.text], who


@pytest.mark.parametrize("path", ["/desk", "/desk/links", "/desk/collections"])
def test_lists_have_ones_own(server: Server, people: dict[str, Caller], path: str) -> None:
    kind = {"/desk": "track_id", "/desk/links": "share_id"}.get(path, "collection_id")
    route = next(route for route in OF_THINGS if kind in route.ids)
    for who in PEOPLE:
        text = ask(server, people[who].cookie, Route("GET", path, None), {}).text
        assert people[who].standing_for(route)[kind] in text, who
