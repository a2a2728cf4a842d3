"""How somebody gets to be signed in, and when they are no more: over HTTP, as a browser does it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server, share, upload
from listenlink.actions.signing_in.bound_attempts import MOST_FAILURES
from listenlink.model.sign_in import IDLE_US, LONGEST_US, digest, new_secret
from media.make_audio import make
from signed_in import (
    GOOD,
    at_desk,
    cookie_of,
    first_email,
    keep_cookie,
    new_link,
    set_password,
    sign_in,
    stranger,
)

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


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


def test_a_sign_in_and_a_change_give_a_new_secret_and_end_the_others(server: Server) -> None:
    with contextlib.closing(at_desk(server)) as here, contextlib.closing(at_desk(server)) as there:
        assert here.headers["Cookie"] != there.headers["Cookie"]
        before = here.headers["Cookie"]
        set_password(here)
        assert here.headers["Cookie"] != before
        assert here.get("/desk/me").status_code == 200
        assert there.get("/desk/me").headers["location"] == "/desk/sign-in"
        here.headers["Cookie"], after = before, here.headers["Cookie"]
        assert here.get("/desk/me").status_code == 303
        here.headers["Cookie"] = after
        answer = sign_in(here, first_email(server), GOOD)
        assert cookie_of(answer) != after
        assert here.get("/desk/me").status_code == 303, "in its place"


def test_what_is_ended_is_dead_at_the_next_request(server: Server) -> None:
    with contextlib.closing(at_desk(server)) as here, contextlib.closing(at_desk(server)) as there:
        path = f"/v1/music/{server.organization_id}/collections"
        assert there.post(path, json={"name": "Mine"}, headers=_JSON).status_code == 201
        ((number,),) = server.query(
            "SELECT id FROM sign_ins WHERE digest = ?",
            digest(there.headers["Cookie"].partition("=")[2]),
        )
        assert here.post("/desk/me/sign-ins/end", data={"sign_in": number}).status_code == 303
        assert there.get("/desk/me").status_code == 303
        assert there.post(path, json={"name": "Mine"}, headers=_JSON).status_code == 401
        answer = here.post("/desk/sign-out")
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert here.get("/desk/me").status_code == 303


@pytest.mark.parametrize(("column", "age"), [("seen_at", IDLE_US), ("made_at", LONGEST_US)])
def test_a_sign_in_ends_by_itself(server: Server, column: str, age: int) -> None:
    with contextlib.closing(at_desk(server)) as client:
        secret = digest(client.headers["Cookie"].partition("=")[2])
        change = f"UPDATE sign_ins SET {column} = {column} - ? WHERE digest = ?"  # noqa: S608
        server.change(change, age - 60_000_000, secret)
        assert client.get("/desk/me").status_code == 200
        server.change(change, age, secret)
        assert client.get("/desk/me").status_code == 303
        assert client.get("/v1/caller", headers=_JSON).status_code == 401


def test_ten_failures_and_then_another_client_still_gets_in(server: Server) -> None:
    with contextlib.closing(at_desk(server)) as person:
        set_password(person)
    email = first_email(server)
    guessing = {"X-Forwarded-For": "203.0.113.77"}
    with contextlib.closing(stranger(server, **guessing)) as client:
        for number in range(MOST_FAILURES):
            answer = sign_in(client, f"nobody{number}@localhost.example", "wrong")
            assert answer.status_code == 422
            assert f'value="nobody{number}@localhost.example"' in answer.text, "what was typed"
            assert "wrong" not in answer.text
        answer = sign_in(client, email, GOOD)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
        answer = sign_in(client, email, GOOD, headers={"Accept": "application/json"})
        assert answer.json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    with contextlib.closing(stranger(server, **{"X-Forwarded-For": "198.51.100.7"})) as client:
        assert sign_in(client, email, GOOD).headers["location"] == "/desk"


def test_no_order_of_claims_gives_a_stranger_a_fresh_instance(tmp_path: Path) -> None:
    """There is no set-up page: what is new is as closed as what is old."""
    fresh = Server(tmp_path / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"})
    fresh.create()
    fresh.start()
    try:
        with contextlib.closing(stranger(fresh)) as client:
            email = first_email(fresh)
            for attempt in ("", new_secret(), fresh.organization_id, fresh.api_key, email):
                assert client.post("/desk/welcome", data={"link": attempt}).status_code == 422
            assert sign_in(client, email, "").status_code == 422
            for path in ("/desk/me/password", "/desk/people/invite", "/desk/me/passkeys/ask"):
                assert client.post(path, data={"password": GOOD}).status_code == 303
            link = new_link(fresh)
            first = client.post("/desk/welcome", data={"link": link})
            assert first.headers["location"] == "/desk/welcome/next"
            again = client.post("/desk/welcome", data={"link": link})
            assert again.status_code == 422
            assert "set-cookie" not in again.headers
        ((users,),) = fresh.query("SELECT count(*) FROM users")
        assert users == 1
    finally:
        fresh.stop()


def test_looking_at_a_link_uses_nothing(server: Server) -> None:
    """A scanner that fetches the page, or runs its scripts, presses no button."""
    link = new_link(server)
    with contextlib.closing(stranger(server)) as scanner:
        for _ in range(3):
            assert scanner.get("/desk/welcome").status_code == 200
            assert scanner.head("/desk/welcome").status_code == 200
    with contextlib.closing(stranger(server)) as client:
        assert client.post("/desk/welcome", data={"link": link}).status_code == 303


def test_who_is_signed_in_is_asked_before_a_link_signs_in_another(server: Server) -> None:
    other = server.new_organization()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(other["user_id"].partition("_")[2], 16)
    )
    with contextlib.closing(at_desk(server)) as client:
        link = new_link(server, email)
        asked = client.post("/desk/welcome", data={"link": link})
        assert asked.status_code == 200
        assert email in asked.text
        assert first_email(server) in asked.text
        answer = client.post("/desk/welcome", data={"link": link, "sure": "yes"})
        keep_cookie(client, answer)
        assert email in client.get("/desk/me").text


def test_an_invitation_makes_a_member_and_an_owner_of_one_gets_nowhere_else(server: Server) -> None:
    with contextlib.closing(at_desk(server)) as owner:
        told = {"email": "new@localhost.example", "role": "member"}
        page = owner.post("/desk/people/invite", data=told)
        link = page.text.partition('class="secret" readonly value="')[2].partition('"')[0]
        assert link.startswith("http://desk.test/desk/welcome#")
        assert link.partition("#")[2] not in owner.get("/desk/people").text
    with contextlib.closing(stranger(server)) as client:
        asked = client.post("/desk/welcome", data={"link": link})
        assert "new@localhost.example" in asked.text
        answer = client.post("/desk/welcome", data={"link": link, "sure": "yes"})
        assert answer.status_code == 303
        keep_cookie(client, answer)
        assert client.get("/desk/people").status_code == 403
        assert client.post("/desk/people/invite", data=told).status_code == 403
        other = server.new_organization()["organization_id"]
        number = int(other.partition("_")[2], 16)
        assert (
            client.post("/desk/me/organization", data={"organization": number}).status_code == 404
        )
        answer = client.get(f"/v1/music/{other}/tracks", headers=_JSON)
        assert answer.json()["error"]["code"] == "ORGANIZATION_ACCESS_DENIED"


def test_a_database_without_its_secrets_signs_nobody_in(
    server: Server, person: httpx.Client
) -> None:
    """What is stored of a sign-in, a link and a password opens nothing: not as it is, in any spelling."""
    link = new_link(server)
    secrets = [link.partition("#")[2], person.headers["Cookie"].partition("=")[2], GOOD]
    tables = ("sign_ins", "sign_in_links", "passwords", "sign_in_attempts", "account_events")
    rows = [row for table in tables for row in server.query(f"SELECT * FROM {table}")]  # noqa: S608
    stored = [value for row in rows for value in row]
    texts = {
        value.hex() if isinstance(value, bytes | memoryview) else str(value) for value in stored
    }
    assert not [secret for secret in secrets if any(secret in text for text in texts)]
    if server.engine == "sqlite":
        with contextlib.closing(sqlite3.connect(server.database)) as connection:
            assert not [s for s in secrets if s in "\n".join(connection.iterdump())]
    with contextlib.closing(stranger(server)) as thief:
        for text in sorted(text for text in texts if len(text) == 64):
            thief.headers["Cookie"] = f"listenlink={text}"
            assert thief.get("/desk/me").status_code == 303
            assert thief.post("/desk/welcome", data={"link": text}).status_code == 422


def test_owners_see_who_did_what_and_what_is_done_again_is_told_once(
    server: Server, person: httpx.Client, tmp_path: Path
) -> None:
    told = server.new_member("owner")
    with server.owner(told["api_key"]) as owner:
        song = upload(owner, make("wav16", tmp_path / "song.wav"))
        link = share(owner, song["id"])
        key = owner.post("/keys", json={"scopes": ["read"]}).json()["id"]
        for _ in range(2):
            owner.delete(f"/share/{link['id']}").raise_for_status()
            owner.delete(f"/keys/{key}").raise_for_status()
    page = person.get("/desk/people").text
    for words in (f"closed a link: {link['id']}", f"made a link: {link['id']}",
                  f"ended an API key: {key}", f"made an API key: {key}"):  # fmt: skip
        assert page.count(words) == 1, words
    email = first_email(server)
    with contextlib.closing(stranger(server)) as client:
        assert sign_in(client, email, "not it at all").status_code == 422
    assert f"{email} failed to sign in" in person.get("/desk/people").text
