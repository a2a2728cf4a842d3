"""What owners do about members who stay, and who is only invited: keys end, invitations are taken back."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cast import Server
from journeys.desk_pages import page, words
from journeys.leaving import Member, get, occupied
from media.make_audio import make
from signed_in import at_desk, keep_cookie, stranger

PEOPLE = "/desk/people"


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("wav16", tmp_path_factory.mktemp("audio") / "song.wav", sample_count=50_000)


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[Member]:
    made = Member(server, "managing@localhost.example", "owner")
    yield made
    made.client.close()


@pytest.fixture(scope="module")
def desk(server: Server, owner: Member) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server, owner.email)) as client:
        yield client


def test_keys_of_a_member_are_ended_and_never_shown(
    server: Server, desk: httpx.Client, owner: Member, song: Path
) -> None:
    member = Member(server, "flo.keys@localhost.example")
    more = server.people("key", "add", "--org", member.org, "--user", member.user_id)
    over = server.people("key", "add", "--org", member.org, "--user", member.user_id)
    server.change("UPDATE api_keys SET expires_at = 1 WHERE shown_prefix = ?", over["api_key"][:8])
    has = occupied(member, song)
    path = f"{PEOPLE}/{member.user_id}/end-keys"
    asked, listed = page(desk, path), page(desk, PEOPLE)
    assert "2 keys work." in words(asked)
    assert f"{member.email} Member · 2 API keys" in words(listed)
    for key in (member.api_key, more["api_key"]):
        assert key[:8] not in asked + listed
    assert more["key_id"] not in asked + listed
    with contextlib.closing(at_desk(server, member.email)) as theirs:
        for _ in range(2):
            answer = desk.post(path, data={"sure": "yes"})
            assert answer.headers["location"] == f"{PEOPLE}?done=member_keys_ended"
        assert theirs.get("/desk").status_code == 200, "who is signed in stays so"
    assert member.code() == "API_KEY_DEACTIVATED"
    assert "None of theirs works." in words(page(desk, path))
    text = words(page(desk, PEOPLE))
    assert text.count(f"{owner.email} ended all API keys of a member: {member.email}") == 1
    assert f"{member.email} Member · no API keys" in text
    assert get(has["link"]["url"]).status_code == 200
    assert owner.code() == "good"


def test_keys_of_a_member_are_ended_by_the_api(server: Server, owner: Member) -> None:
    member, other = Member(server, "gil.keys@localhost.example"), server.new_organization()
    path = f"/members/{member.user_id}/keys"
    assert member.client.delete(path).json()["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
    for _ in range(2):
        assert owner.client.delete(path).json() == {
            "success": True, "id": member.user_id, "detail": "API keys deactivated.",
        }  # fmt: skip
    assert member.code() == "API_KEY_DEACTIVATED"
    assert owner.client.delete(f"/members/{other['user_id']}/keys").status_code == 404
    # A key that is its owner's still, who is an owner no more.
    was = Member(server, "hed.keys@localhost.example", "owner")
    demoted = "UPDATE memberships SET role = 'member' WHERE user_id = ?"
    server.change(demoted, int(was.user_id.removeprefix("user_"), 16))
    answer = was.client.delete(f"/members/{owner.user_id}/keys")
    assert answer.json()["error"]["code"] == "INSUFFICIENT_PERMISSIONS"
    assert owner.code() == "good"


def test_an_invitation_is_listed_and_taken_back(
    server: Server, desk: httpx.Client, owner: Member
) -> None:
    links = []
    for email in ("early@localhost.example", "late@localhost.example"):
        made = desk.post(f"{PEOPLE}/invite", data={"email": email, "role": "member"}).text
        links.append(made.partition('class="secret" readonly value="')[2].partition('"')[0])
        assert email in made.partition('id="invitations-heading"')[2]
    listed = page(desk, PEOPLE)
    assert f"late@localhost.example Member · invited by {owner.email}" in words(listed)
    assert not [link for link in links if link.partition("#")[2] in listed]
    marks = re.findall(r'name="invitation" value="(\w+)"', listed)
    with contextlib.closing(stranger(server)) as thief:
        for mark in marks:
            assert thief.post("/desk/welcome", data={"link": mark}).status_code == 422
    mark = listed.partition("early@")[2].partition('name="invitation" value="')[2][:64]
    other = Member(
        server, "elsewhere@other.example", "owner", server.new_organization()["organization_id"]
    )
    with contextlib.closing(at_desk(server, other.email)) as theirs:
        assert theirs.post(f"{PEOPLE}/take-back", data={"invitation": mark}).status_code == 422
    answer = desk.post(f"{PEOPLE}/take-back", data={"invitation": mark})
    assert answer.headers["location"] == f"{PEOPLE}?done=invitation_taken_back"
    text = words(page(desk, PEOPLE))
    assert text.count("early@localhost.example") == 2, "that it was made, and taken back"
    assert "took an invitation back: early@localhost.example" in text
    for wrong in (mark, "x", ""):
        answer = desk.post(f"{PEOPLE}/take-back", data={"invitation": wrong})
        assert answer.status_code == 422
        assert "This invitation was used already, or is over." in words(answer.text)
    with contextlib.closing(stranger(server)) as client:
        asked = {"sure": "yes"}
        assert client.post("/desk/welcome", data={"link": links[0]} | asked).status_code == 422
        keep_cookie(client, client.post("/desk/welcome", data={"link": links[1]} | asked))
    assert "late@localhost.example Member · no API keys" in words(page(desk, PEOPLE))
