"""Every route × every caller × own, foreign, deleted and unknown things: nobody reads or changes another's.

The routes are those of `web/routes.py`, so a new one is in the matrix by itself (see `matrix.py`).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server
from journeys.matrix import BODIES, DELETED_BY, METHODS, ROUTES, UNKNOWN, Caller, Route, routes_of
from journeys.matrix_rows import stored
from listenlink.model.api_key import SCOPES, new_api_key
from listenlink.web.routes import FOR_ANYBODY, FOR_PEOPLE, make_routes
from media.make_audio import add_cover, make

of_owners = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_cover(make("mp3_cbr", tmp_path_factory.mktemp("audio") / "song.mp3"))


@pytest.fixture(scope="module")
def owner_of_things(server: Server, song: Path) -> Caller:
    told = {"api_key": server.api_key, "organization_id": server.organization_id}
    return Caller(server, song, told)


@pytest.fixture(scope="module")
def others(server: Server, song: Path) -> dict[str, Caller]:
    """Two who may do everything, with their own: in the same organisation, and in another."""
    return {
        "colleague": Caller(server, song, server.new_member("owner")),
        "stranger": Caller(server, song, server.new_organization()),
    }


@pytest.fixture(scope="module")
def bad_keys(server: Server) -> list[tuple[str | None, int, str]]:
    """Keys that let nobody in, with the status and the code that say so."""
    revoked, expired = server.new_member("owner"), server.new_member("owner")
    server.people("key", "revoke", revoked["key_id"])
    server.change(
        "UPDATE api_keys SET expires_at = 1 WHERE shown_prefix = ?", expired["api_key"][:8]
    )
    removed, suspended = server.new_member("owner"), server.new_organization()
    server.people("user", "remove", removed["user_id"])
    server.people("org", "suspend", suspended["organization_id"])
    return [
        (None, 401, "AUTHENTICATION_REQUIRED"),
        ("nonsense", 401, "INVALID_API_KEY"),
        (new_api_key(), 401, "INVALID_API_KEY"),
        (revoked["api_key"], 401, "API_KEY_DEACTIVATED"),
        (expired["api_key"], 401, "API_KEY_EXPIRED"),
        (removed["api_key"], 401, "INVALID_API_KEY"),
        (suspended["api_key"], 403, "ORGANIZATION_SUSPENDED"),
    ]


@pytest.fixture(scope="module")
def suspended(server: Server, song: Path) -> tuple[Caller, dict[str, str]]:
    """Somebody of a suspended organisation, and one thing of each kind of theirs."""
    caller = Caller(server, song, server.new_organization())
    things = dict(thing for route in ROUTES for thing in caller.standing_for(route).items())
    server.people("org", "suspend", caller.org)
    return caller, things


@pytest.fixture(scope="module")
def new_of_owner(owner_of_things: Caller) -> dict[str, str]:
    """A fresh thing of each kind, the newest in each list."""
    return {kind: owner_of_things.new(kind) for kind in UNKNOWN}


@pytest.fixture(scope="module")
def deleted(owner_of_things: Caller) -> dict[str, str]:
    """What was theirs, and is gone."""
    return {kind: owner_of_things.deleted(kind) for kind in DELETED_BY}


@pytest.fixture(scope="module")
def keys_by_scope(server: Server) -> dict[str, str]:
    """The owner's keys that have one scope each."""
    (member,) = server.query("SELECT user_id FROM memberships ORDER BY created_at LIMIT 1")
    return {
        scope: server.people(
            "key", "add", "--org", server.organization_id, "--user", f"user_{member[0]:012x}",
            "--scopes", scope,
        )["api_key"]
        for scope in SCOPES
    }  # fmt: skip


def told(answer: httpx.Response, things: dict[str, str]) -> tuple[int, str]:
    """Status and body without what differs between any two requests, and without the ids asked for."""
    text = re.sub(r'"(trace_id|timestamp|updated_at)":"[^"]*"', "", answer.text)
    for name, thing in things.items():
        text = text.replace(thing, name)
    return answer.status_code, text


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error", {}).get("code", "")


@of_owners
def test_without_a_good_key_nothing_is_answered_and_nothing_done(
    server: Server,
    owner_of_things: Caller,
    bad_keys: list[tuple[str | None, int, str]],
    route: Route,
) -> None:
    things = owner_of_things.standing_for(route)
    before = stored(server)
    for key, status, code in bad_keys:
        assert code_of(owner_of_things.ask(route, things, key)) == (status, code)
    assert stored(server) == before


@of_owners
def test_a_suspended_organisations_own_things_are_told_to_nobody(
    server: Server, suspended: tuple[Caller, dict[str, str]], route: Route
) -> None:
    """Not even to those whose they are, until it's resumed."""
    caller, things = suspended
    before = stored(server)
    answer = caller.ask(route, things)
    assert code_of(answer) == (403, "ORGANIZATION_SUSPENDED")
    assert not [thing for kind, thing in things.items() if kind != "org" and thing in answer.text]
    assert stored(server) == before


@of_owners
def test_a_key_without_the_scope_or_of_another_organisation_does_nothing(
    server: Server,
    owner_of_things: Caller,
    others: dict[str, Caller],
    keys_by_scope: dict[str, str],
    route: Route,
) -> None:
    things = owner_of_things.standing_for(route)
    before = stored(server)
    for scope, key in keys_by_scope.items():
        if route.scope is not None and scope != route.scope:
            answer = owner_of_things.ask(route, things, key)
            assert code_of(answer) == (403, "INSUFFICIENT_PERMISSIONS")
    if "org" in things:
        stranger = others["stranger"]
        denied = told(stranger.ask(route, things), things)
        assert '"ORGANIZATION_ACCESS_DENIED"' in denied[1]
        nowhere = things | {"org": "org_000000000000"}
        assert told(stranger.ask(route, nowhere), nowhere) == denied
    assert stored(server) == before


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.ids or route.ids_of_body], ids=str
)
@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_what_is_foreign_answers_as_what_does_not_exist(
    server: Server, owner_of_things: Caller, others: dict[str, Caller], route: Route, who: str
) -> None:
    caller, owners = others[who], owner_of_things.standing_for(route)
    own = caller.standing_for(route)
    before = stored(server)
    for kind in route.foreign_to(who):
        foreign, unknown = own | {kind: owners[kind]}, own | {kind: UNKNOWN[kind]}
        answer = told(caller.ask(route, foreign), foreign)
        assert answer == told(caller.ask(route, unknown), unknown), kind
        if kind in route.ids:
            assert answer[0] == 404
            assert stored(server) == before
        assert owners[kind] not in answer[1]


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.method == "GET" and not route.ids],
    ids=str,
)
def test_lists_show_nothing_of_anybody_else(
    new_of_owner: dict[str, str], others: dict[str, Caller], route: Route
) -> None:
    for caller in others.values():
        answer = caller.ask(route, caller.things_for(route))
        assert answer.status_code == 200
        assert not [thing for thing in new_of_owner.values() if thing in answer.text]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.ids], ids=str)
def test_what_is_deleted_answers_as_what_does_not_exist(
    server: Server, owner_of_things: Caller, deleted: dict[str, str], route: Route
) -> None:
    own = owner_of_things.standing_for(route)
    before = stored(server)
    for kind in route.ids:
        if kind in DELETED_BY:
            gone = own | {kind: deleted[kind]}
            unknown = own | {kind: UNKNOWN[kind]}
            answer = told(owner_of_things.ask(route, gone), gone)
            assert answer == told(owner_of_things.ask(route, unknown), unknown)
            assert answer[0] == 404
    assert stored(server) == before


@of_owners
def test_the_owner_may(server: Server, owner_of_things: Caller, route: Route) -> None:
    """Without this the refusals above could be of anything."""
    document = httpx.get(server.url + "/schema/openapi.json").json()
    if "requestBody" in document["paths"][route.path][route.method.lower()]:
        assert (route.method, route.path) in BODIES, "say in matrix.BODIES what is sent"
    answer = owner_of_things.ask(route, owner_of_things.things_for(route))
    assert answer.is_success, answer.text


def test_exactly_the_public_routes_answer_without_a_key(
    server: Server, owner_of_things: Caller
) -> None:
    nothing: Any = None  # Of its routes only the paths are asked.
    application = make_routes(nothing, nothing, nothing, nothing)
    public = {route.path for route in routes_of(FOR_ANYBODY)}
    people = {
        route: handler.opt["desk"] for handler in FOR_PEOPLE for route in routes_of([handler])
    }
    served = [
        Route(str(method), re.sub(r":\w+}", "}", route.path), None)
        for route in application.routes
        for method in getattr(route, "methods", ())
        if method in METHODS
    ]
    assert {route.path for route in served} >= public
    for route in served:
        things = owner_of_things.standing_for(route)
        status = owner_of_things.ask(route, things, key=None).status_code
        if route in people:
            is_open = people[route] == "anybody" and route.method == "GET"
            assert (status in (200, 303)) if is_open else (status in (401, 403)), route
            continue
        assert (status != 401) if route.path in public else (status == 401), route


def test_only_bodies_of_routes_are_described() -> None:
    assert set(BODIES) <= {(route.method, route.path) for route in ROUTES}
