"""An owner removes a member at the desk, told first what it does; ends keys; takes invitations back."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import engines
from cast import Server, share
from journeys.desk_pages import page, words
from journeys.leaving import InTwo, Member, occupied
from journeys.refused import token_path
from journeys.test_leave_while_running import answer_in, form_of, sent_slowly
from media.make_audio import make
from pieces import left_behind
from signed_in import at_desk, keep_cookie, stranger

PEOPLE = "/desk/people"


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=50_000)


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[Member]:
    made = Member(server, "owning@localhost.example", "owner")
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def desk(server: Server, owner: Member) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server, owner.email)) as client:
        yield client


def remove(desk: httpx.Client, member: Member, to: Member, links: str = "hand-over") -> Any:
    form = {"links": links, "to": to.user_id}
    return desk.post(f"{PEOPLE}/{member.user_id}/remove", data=form)


def test_it_says_what_will_happen_and_hands_all_over(
    server: Server, desk: httpx.Client, owner: Member, song: Path, listener: httpx.Client
) -> None:
    member, before = Member(server, "ana.leaving@localhost.example"), left_behind(server)
    has = occupied(member, song, title="Handed <Over>")
    theirs = at_desk(server, member.email)
    asked = page(desk, f"{PEOPLE}/{member.user_id}/remove")
    for told in (
        member.email, "1 API key,", "1 sign-in", "1 upload that isn't finished", "1 track", "1 collection",
        "2 links that aren't closed",
    ):  # fmt: skip
        assert told in words(asked), told
    heirs = re.findall(r'<option value="(user_\w+)"', asked)
    assert heirs[0] == owner.user_id, "who asks comes first"
    assert member.user_id not in heirs
    assert re.findall(r'value="hand-over"( checked)?', asked) == [" checked"]
    assert page(desk, PEOPLE).count(f'id="{member.user_id}"') == 1, "nothing was done by looking"

    answer = remove(desk, member, owner)
    assert answer.headers["location"] == f"{PEOPLE}?done=member_removed"
    text = page(desk, f"{PEOPLE}?done=member_removed")
    assert "They are removed." in text
    assert member.email not in text
    assert f"{owner.email} removed a member: {member.user_id}" in words(text)
    assert (member.code(), member.row_count()) == ("INVALID_API_KEY", 0)
    assert theirs.get("/desk").headers["location"] == "/desk/sign-in"
    assert owner.client.get(f"/share/{has['link']['id']}").json()["state"] == "active"
    assert owner.client.get(f"/tracks/{has['track']['id']}").json()["title"] == "Handed <Over>"
    for link in (has["link"], has["album"]):
        assert listener.get(token_path(link)).json()["available"] is True
    assert left_behind(server) == before
    assert server.query("SELECT 1 FROM users WHERE email LIKE '%ana.leaving%'") == []


def test_links_end_and_the_music_stays(
    server: Server, desk: httpx.Client, owner: Member, song: Path, listener: httpx.Client
) -> None:
    member = Member(server, "bo.leaving@localhost.example")
    has = occupied(member, song, title="Stays")
    listener.get(token_path(has["link"])).raise_for_status()
    assert remove(desk, member, owner, "end-links").status_code == 303
    for link in (has["link"], has["album"]):
        assert listener.get(token_path(link)).status_code == 404
    assert owner.client.get(f"/share/{has['link']['id']}").json()["state"] == "revoked"
    assert owner.client.get(f"/tracks/{has['track']['id']}").json()["title"] == "Stays"


def test_from_the_askers_organisation_alone(
    server: Server, desk: httpx.Client, owner: Member, song: Path
) -> None:
    other = server.new_organization()["organization_id"]
    member = Member(server, "cy.leaving@localhost.example")
    elsewhere = Member(server, member.email, org=other)
    has = occupied(elsewhere, song)
    assert remove(desk, member, owner).status_code == 303
    assert (member.code(), elsewhere.code()) == ("INVALID_API_KEY", "good")
    assert elsewhere.client.get(f"/share/{has['link']['id']}").json()["state"] == "active"
    with contextlib.closing(at_desk(server, member.email)) as theirs:
        assert theirs.get("/desk").status_code == 200


def test_what_cannot_be_changes_nothing(server: Server, desk: httpx.Client, owner: Member) -> None:
    member = Member(server, "di.leaving@localhost.example")
    stranger_of = server.new_organization()
    for to in (member.user_id, stranger_of["user_id"], "", "user_x", "null"):
        form = {"links": "end-links", "to": to}
        answer = desk.post(f"{PEOPLE}/{member.user_id}/remove", data=form)
        assert answer.status_code == 422
        assert "This isn&#39;t another owner." in answer.text
        assert re.search(r'value="end-links" checked', answer.text) or "no tracks" in answer.text
    for user in (stranger_of["user_id"], "user_000000000000", "nobody", "null"):
        for what in ("remove", "end-keys"):
            path = f"{PEOPLE}/{user}/{what}"
            assert desk.get(path).status_code == 404
            assert desk.post(path, data={"to": owner.user_id}).status_code == 404
    assert member.code() == "good"
    with contextlib.closing(at_desk(server, member.email)) as theirs:
        for what in ("remove", "end-keys"):
            path = f"{PEOPLE}/{owner.user_id}/{what}"
            assert theirs.get(path).status_code == 403
            assert theirs.post(path, data={"to": owner.user_id}).status_code == 403
    assert owner.code() == "good"


def test_the_last_owner_stays_and_one_may_remove_oneself(server: Server) -> None:
    told = server.new_organization()
    org, first = told["organization_id"], told["user_id"]
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(first.removeprefix("user_"), 16)
    )
    with contextlib.closing(at_desk(server, email)) as alone:
        path = f"{PEOPLE}/{first}/remove"
        asked = page(alone, path)
        assert "Nobody else is an owner" in words(asked)
        assert '<form method="post" action="/desk/people' not in asked
        answer = alone.post(path, data={"links": "hand-over", "to": first})
        assert answer.status_code == 409
        second = Member(server, "second@other.example", "owner", org)
        assert f'name="to" value="{second.user_id}"' in page(alone, path)
        answer = alone.post(path, data={"links": "hand-over", "to": second.user_id})
        assert answer.headers["location"] == "/desk/sign-in?done=left"
        assert alone.get("/desk").headers["location"] == "/desk/sign-in"
        assert "You are removed" in page(alone, "/desk/sign-in?done=left")
    with contextlib.closing(at_desk(server, second.email)) as other:
        answer = other.post(f"{PEOPLE}/{second.user_id}/remove", data={"to": first})
        assert answer.status_code == 409
        assert "Nobody else is an owner of this organisation" in words(answer.text)
    assert second.code() == "good"


@pytest.mark.parametrize("by", ["key", "sign-in"])
def test_what_is_being_uploaded_is_not_kept(
    server: Server, desk: httpx.Client, owner: Member, song: Path, by: str
) -> None:
    member = Member(server, f"ed.{by}@localhost.example")
    before, files = server.query("SELECT count(*) FROM tracks"), left_behind(server)
    form, kind = form_of(server, song.read_bytes() + b"\0")
    client, path = member.client, "/tracks"
    if by == "sign-in":
        client, path = at_desk(server, member.email), f"/v1/music/{member.org}/tracks"
    body = InTwo(form)
    sent = kind | {"Accept": "application/json"}
    answers = sent_slowly(lambda it: client.post(path, content=it, headers=sent), body)
    assert remove(desk, member, owner).status_code == 303
    body.go_on()
    answer = answer_in(answers)
    code = {"key": "INVALID_API_KEY", "sign-in": "AUTHENTICATION_REQUIRED"}[by]
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert server.query("SELECT count(*) FROM tracks") == before
    assert left_behind(server) == files


def test_who_is_removed_is_named_nowhere_any_more(
    server: Server, desk: httpx.Client, owner: Member, song: Path
) -> None:
    """Not in what was written down when they were invited, either; nor do their own invitations stay."""
    email = "ivo.invited@localhost.example"
    made = desk.post(f"{PEOPLE}/invite", data={"email": email, "role": "owner"}).text
    link = made.partition('class="secret" readonly value="')[2].partition('"')[0]
    with contextlib.closing(stranger(server)) as client:
        keep_cookie(client, client.post("/desk/welcome", data={"link": link, "sure": "yes"}))
        client.post(f"{PEOPLE}/invite", data={"email": "next@localhost.example", "role": "member"})
    assert "next@localhost.example" in page(desk, PEOPLE).partition('id="invitations-heading"')[2]
    user_id = re.findall(rf'<b id="(user_\w+)">{re.escape(email)}</b>', page(desk, PEOPLE))[0]
    form = {"links": "hand-over", "to": owner.user_id}
    assert desk.post(f"{PEOPLE}/{user_id}/remove", data=form).status_code == 303
    assert "next@localhost.example" not in page(desk, PEOPLE).partition("<h2>What was done")[0]
    assert b"ivo.invited" not in engines.dump(server.backend)
    assert share(owner.client, occupied(owner, song)["track"]["id"])["url"]
