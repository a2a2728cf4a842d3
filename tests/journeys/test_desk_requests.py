"""What a request has to be to count at the desk: from the desk itself, and of who is signed in still."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from cast import Server
from listenlink.model.sign_in import digest, new_secret
from signed_in import (
    GOOD,
    at_desk,
    first_email,
    new_link,
    set_password,
    stranger,
)

Send = Callable[[httpx.Client, Server], httpx.Response]
CHANGED = "/desk/me/password/remove"
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def _form(path: str = CHANGED, **headers: str) -> Send:
    """A form with these headers alone; None of `Sec-Fetch-Site` unless it's given."""

    def send(client: httpx.Client, _server: Server) -> httpx.Response:
        client.headers.pop("Sec-Fetch-Site", None)
        return client.post(path, data={"password": GOOD}, headers=headers)

    return send


def _api(method: str = "POST", **headers: str) -> Send:
    """What a program asks of the API, with the cookie."""

    def send(client: httpx.Client, server: Server) -> httpx.Response:
        client.headers.pop("Sec-Fetch-Site", None)
        path = f"/v1/music/{server.organization_id}/collections"
        return client.request(method, path, json={"name": "Forged"}, headers=_JSON | headers)

    return send


SITE = "Sec-Fetch-Site"
REFUSED: dict[str, Send] = {
    "a form of another site": _form(**{SITE: "cross-site"}),
    "a form of a sister host": _form(**{SITE: "same-site"}),
    "a form that says nothing of where it's from": _form(),
    "a form without an origin": _form(Origin="null"),
    "a form of a subdomain, over plain http": _form(Origin="http://evil.desk.test"),
    "a form of the same name over https": _form(Origin="https://desk.test"),
    "a form of another port": _form(Origin="http://desk.test:81"),
    "a form that names us in its origin, and says another site": _form(
        **{"Origin": "http://desk.test", SITE: "cross-site"}
    ),
    "a form sent as if somebody had typed it": _form(**{SITE: "none"}),
    "a method put over another": _form(**{SITE: "cross-site", "X-HTTP-Method-Override": "GET"}),
    "JSON sent as text": _api(**{"Content-Type": "text/plain", SITE: "cross-site"}),
    "JSON of another site": _api(**{SITE: "cross-site"}),
    "JSON of a sister host": _api(Origin="http://evil.desk.test"),
    "JSON that says nothing of where it's from": _api(),
    "a sign-in of another site": _form("/desk/sign-in", **{SITE: "cross-site"}),
    "a link used from another site": _form("/desk/welcome", **{SITE: "cross-site"}),
    "a sign-out from another site": _form("/desk/sign-out", **{SITE: "cross-site"}),
}
TAKEN: dict[str, Send] = {
    "the desk's own form": _form(**{SITE: "same-origin"}),
    "the desk's own form, over plain http": _form(Origin="http://desk.test"),
    "the desk's own script": _api(**{SITE: "same-origin"}),
    "the desk's own script, over plain http": _api(Origin="http://desk.test"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """At a name, over plain http, where browsers send no `Sec-Fetch-Site`."""
    settings = {"TRUSTED_PROXIES": "127.0.0.1/32", "PUBLIC_URL": "http://desk.test"}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def person(server: Server) -> Iterator[httpx.Client]:
    """The owner, signed in, with a password."""
    with contextlib.closing(at_desk(server)) as client:
        set_password(client)
        yield client


@pytest.fixture(scope="module")
def refused_person(server: Server) -> Iterator[httpx.Client]:
    """Another owner, for what changes nothing."""
    number = int(server.new_member("owner")["user_id"].removeprefix("user_"), 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", number)
    with contextlib.closing(at_desk(server, email)) as client:
        set_password(client)
        yield client


def _stored(server: Server) -> list[Any]:
    """All that a forged request could change."""
    tables = ("passwords", "passkeys", "sign_in_links", "memberships", "collections", "api_keys")
    stored = [sorted(map(str, server.query(f"SELECT * FROM {table}"))) for table in tables]  # noqa: S608
    return [*stored, server.query("SELECT id, digest FROM sign_ins ORDER BY id")]


@pytest.mark.parametrize("name", REFUSED)
def test_what_another_site_sends_is_refused(
    server: Server, refused_person: httpx.Client, name: str
) -> None:
    before = _stored(server)
    answer = REFUSED[name](refused_person, server)
    assert answer.status_code == 403, answer.text
    assert "set-cookie" not in answer.headers
    assert _stored(server) == before


@pytest.mark.parametrize("name", TAKEN)
def test_the_same_is_taken_from_the_desk_itself(
    server: Server, person: httpx.Client, name: str
) -> None:
    before = _stored(server)
    assert TAKEN[name](person, server).status_code in (201, 303)
    assert _stored(server) != before


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_safe_method_changes_anything(server: Server, person: httpx.Client, method: str) -> None:
    before = _stored(server)
    query = {"password": GOOD, "email": first_email(server), "link": new_secret(), "done": "x"}
    paths = ["/desk/sign-out", "/desk/sign-in", "/desk/welcome", CHANGED, "/desk/people/invite"]
    for path in [*paths, "/desk/me", "/desk/me/keys/end", "/desk"]:
        answer = person.request(method, path, params=query, headers={SITE: "cross-site"})
        assert answer.status_code in (200, 204, 303, 405)
        assert "set-cookie" not in answer.headers
    assert _stored(server) == before


def test_a_form_sent_as_text_is_none(person: httpx.Client, server: Server) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json"):
        answer = person.post(
            CHANGED.rpartition("/")[0], content="password=x", headers={"Content-Type": kind}
        )
        assert answer.status_code == 415
    answer = person.post(
        "/desk/me/passkeys/ask", data={"{}": ""}, headers=_JSON | {"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415


def test_a_request_with_a_key_ignores_the_cookie(server: Server, person: httpx.Client) -> None:
    """A key that is good needs no page of ours; one that isn't is not made good by a cookie."""
    path = f"/v1/music/{server.organization_id}/collections"
    good = _JSON | {"X-API-Key": server.api_key, SITE: "cross-site"}
    assert person.post(path, json={"name": "By key"}, headers=good).status_code == 201
    for bad in ({"X-API-Key": "ak_" + "0" * 40}, {"Authorization": "Bearer ak_" + "0" * 40}):
        answer = person.post(path, json={"name": "By key"}, headers=_JSON | bad)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "INVALID_API_KEY")


def test_a_planted_id_is_never_adopted(server: Server) -> None:
    """Whoever plants a cookie knows nothing of the sign-in that its victim begins."""
    planted = new_secret()
    with contextlib.closing(stranger(server, Cookie=f"listenlink={planted}")) as client:
        assert client.get("/desk/me").status_code == 303
        answer = client.post("/desk/welcome", data={"link": new_link(server)})
        assert answer.status_code == 303
        assert planted not in answer.headers["set-cookie"]
    assert server.query("SELECT id FROM sign_ins WHERE digest = ?", digest(planted)) == []
    with contextlib.closing(stranger(server, Cookie=f"listenlink={planted}")) as client:
        assert client.get("/desk/me").headers["location"] == "/desk/sign-in"


@pytest.mark.parametrize("form", ["{own}; {other}", "{other}; {own}", "{own}; {own}x", "{own}0"])
def test_of_two_cookies_none_counts(server: Server, person: httpx.Client, form: str) -> None:
    own, other = person.headers["Cookie"], f"listenlink={new_secret()}"
    person.headers["Cookie"] = form.format(own=own, other=other)
    assert person.get("/desk/me").status_code == 303
    assert person.get("/v1/caller", headers=_JSON).status_code == 401
    person.headers["Cookie"] = f"other=1; {own}; another=2"
    assert person.get("/desk/me").status_code == 200
