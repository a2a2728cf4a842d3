"""Every owners' route × sign-ins: who is signed in may what their role's keys may, and sees nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server
from journeys.matrix import ROUTES, UNKNOWN, Caller, Route
from journeys.matrix_rows import stored
from journeys.test_authorisation_matrix import code_of, told
from listenlink.model.sign_in import LONGEST_US, digest, new_secret
from media.make_audio import add_cover, make
from signed_in import at_desk, first_email

of_owners = pytest.mark.parametrize("route", ROUTES, ids=str)


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_cover(make("mp3_cbr", tmp_path_factory.mktemp("audio") / "song.mp3"))


@pytest.fixture(scope="module")
def people(server: Server, song: Path) -> dict[str, Caller]:
    """Each signed in, with things of their own: two of one organisation, one of another, and a member."""
    callers = {
        "owner": Caller(server, song, server.new_member("owner")),
        "colleague": Caller(server, song, server.new_member("owner")),
        "stranger": Caller(server, song, server.new_organization()),
        "member": Caller(server, song, server.new_member("member")),
    }
    for caller in callers.values():
        caller.sign_in()
    return callers


@pytest.fixture(scope="module")
def dead(server: Server) -> list[str]:
    """Cookies that let nobody in."""
    cookies = [f"listenlink={new_secret()}", "listenlink=", "listenlink=nonsense"]
    for end in ("signed out", "over", "removed", "suspended"):
        told = server.new_organization() if end == "suspended" else server.new_member("owner")
        user = int(told["user_id"].partition("_")[2], 16)
        ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
        with contextlib.closing(at_desk(server, email)) as client:
            cookies.append(client.headers["Cookie"])
            if end == "signed out":
                client.post("/desk/sign-out")
        if end == "over":
            late = "UPDATE sign_ins SET made_at = made_at - ? WHERE digest = ?"
            server.change(late, LONGEST_US, digest(cookies[-1].partition("=")[2]))
        elif end == "removed":
            server.people("user", "remove", told["user_id"])
        elif end == "suspended":
            server.people("org", "suspend", told["organization_id"])
    return cookies


@of_owners
def test_who_is_signed_in_may_what_their_role_may(people: dict[str, Caller], route: Route) -> None:
    owner, member = people["owner"], people["member"]
    answer = owner.ask(route, owner.things_for(route))
    assert answer.is_success, answer.text
    if route.scope == "admin":
        answer = member.ask(route, owner.standing_for(route))
        assert code_of(answer) == (403, "INSUFFICIENT_PERMISSIONS")
    else:
        answer = member.ask(route, member.things_for(route))
        assert answer.is_success, answer.text


@of_owners
def test_a_dead_sign_in_does_nothing(
    server: Server, people: dict[str, Caller], dead: list[str], route: Route
) -> None:
    owner = people["owner"]
    things, before = owner.standing_for(route), stored(server)
    for cookie in dead:
        answer = _ask_with(owner, cookie, route, things)
        assert code_of(answer) == (401, "AUTHENTICATION_REQUIRED")
    assert stored(server) == before


@of_owners
def test_another_organisations_things_are_told_to_nobody(
    server: Server, people: dict[str, Caller], route: Route
) -> None:
    things, before = people["owner"].standing_for(route), stored(server)
    if "org" in things:
        denied = told(people["stranger"].ask(route, things), things)
        assert '"ORGANIZATION_ACCESS_DENIED"' in denied[1]
        nowhere = things | {"org": "org_000000000000"}
        assert told(people["stranger"].ask(route, nowhere), nowhere) == denied
    assert stored(server) == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.ids], ids=str)
@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_what_is_foreign_answers_as_what_does_not_exist(
    server: Server, people: dict[str, Caller], route: Route, who: str
) -> None:
    caller, owners = people[who], people["owner"].standing_for(route)
    own, before = caller.standing_for(route), stored(server)
    for kind in set(route.ids) & set(route.foreign_to(who)):
        foreign, unknown = own | {kind: owners[kind]}, own | {kind: UNKNOWN[kind]}
        answer = told(caller.ask(route, foreign), foreign)
        assert answer == told(caller.ask(route, unknown), unknown), kind
        assert answer[0] == 404
    assert stored(server) == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=str)
def test_a_sign_in_sees_what_a_key_sees_and_nothing_else(
    people: dict[str, Caller], route: Route
) -> None:
    member = people["member"]
    if route.scope == "admin":
        return
    things = member.standing_for(route)
    by_key = told(member.ask(route, things, member.api_key), things)
    by_sign_in = told(member.ask(route, things), things)
    assert by_key[0] == by_sign_in[0] == 200
    # A key has scopes, and whoever is signed in has all of their role: only that may differ.
    assert by_key == by_sign_in


def _ask_with(caller: Caller, cookie: str, route: Route, things: dict[str, str]) -> httpx.Response:
    own, caller.cookie = caller.cookie, cookie
    try:
        return caller.ask(route, things)
    finally:
        caller.cookie = own


def test_what_is_begun_by_a_sign_in_that_ends_meanwhile_is_not_written(
    server: Server, song: Path
) -> None:
    """The guard let it in; whoever writes looks again, in the same transaction."""
    with contextlib.closing(at_desk(server, first_email(server))) as client:
        body = {"name": "Late"}
        ((before,),) = server.query("SELECT count(*) FROM collections")

        def late() -> Any:
            yield b'{"name": '
            with contextlib.closing(at_desk(server)) as other:
                secret = digest(client.headers["Cookie"].partition("=")[2])
                ((number,),) = server.query("SELECT id FROM sign_ins WHERE digest = ?", secret)
                answer = other.post("/desk/me/sign-ins/end", data={"sign_in": number})
                assert answer.status_code == 303
            yield b'"Late"}'

        path = f"/v1/music/{server.organization_id}/collections"
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        answer = client.post(path, content=late(), headers=headers)
        assert code_of(answer) == (401, "AUTHENTICATION_REQUIRED")
        ((after,),) = server.query("SELECT count(*) FROM collections")
        assert after == before, body
