"""An owner sees what all links of the organisation are, and their numbers; nobody else does, and nothing is
changed by it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.desk_pages import labels, page, words
from journeys.leaving import Member, code_of, get
from journeys.matrix_rows import stored
from media.make_audio import make
from signed_in import at_desk

EVERYBODY = {"whose": "everybody"}


@pytest.fixture(scope="module")
def people(server: Server) -> Iterator[dict[str, Member]]:
    """Who has a link, an owner of the same organisation, a member of it, and an owner of another."""
    other = server.new_organization()["organization_id"]
    made = {
        "maker": Member(server, "maker@localhost.example"),
        "owner": Member(server, "looks@localhost.example", "owner"),
        "member": Member(server, "neighbour@localhost.example"),
        "stranger": Member(server, "looks@other.example", "owner", other),
    }
    yield made
    for member in made.values():
        member.client.close()


@pytest.fixture(scope="module")
def desks(server: Server, people: dict[str, Member]) -> Iterator[dict[str, httpx.Client]]:
    with contextlib.ExitStack() as open_ones:
        yield {
            who: open_ones.enter_context(contextlib.closing(at_desk(server, member.email)))
            for who, member in people.items()
        }


@pytest.fixture(scope="module")
def link(people: dict[str, Member], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A member's, opened once."""
    song = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    track = upload(people["maker"].client, song, title="Harbour <Lights>")
    made = share(people["maker"].client, track["id"], label="For Zoe", max_opens=9)
    get(made["url"], headers={"Accept": "application/json"}).raise_for_status()
    return {**made, "track": track["id"]}


def test_all_links_are_one_list_narrowed_as_ones_own_is(
    people: dict[str, Member], desks: dict[str, httpx.Client], link: dict[str, Any]
) -> None:
    desk, maker = desks["owner"], people["maker"]
    mine = people["owner"].client.post("/collections", json={"name": "Evening"}).json()["id"]
    share(people["owner"].client, mine, label="Own one")
    text = page(desk, "/desk/links", whose="everybody", q="o")
    assert {"For Zoe", "Own one"} <= set(labels(text))
    assert f"made by {maker.email} · 1 of 9 opens" in words(text)
    assert "made by you" in words(text)
    assert link["track"] not in text, "whose page isn't the owner's"
    theirs = page(desk, "/desk/links", whose=maker.user_id)
    assert labels(theirs) == ["For Zoe"]
    assert f"<h1>Links of {maker.email}</h1>" in theirs
    assert f'<option value="{maker.user_id}" selected>' in theirs
    assert labels(page(desk, "/desk/links", whose=maker.user_id, state="revoked")) == []
    assert labels(page(desk, "/desk/links", whose="everybody", target=link["track"])) == ["For Zoe"]
    assert "For Zoe" not in labels(page(desk, "/desk/links"))
    assert 'href="/desk/links?whose=everybody"' in page(desk, "/desk/people")
    assert 'name="whose"' not in page(desks["member"], "/desk/links")


def test_an_owner_sees_what_it_is_and_its_numbers_and_nothing_to_open_it_by(
    people: dict[str, Member], desks: dict[str, httpx.Client], link: dict[str, Any]
) -> None:
    path = f"/desk/links/{link['id']}"
    own, seen = page(desks["maker"], path), page(desks["owner"], path)
    assert link["token"] in own
    assert link["token"] not in seen
    for told in (
        "For Zoe", "to Harbour <Lights>", f"made by {people['maker'].email}",
        "It opens 9 times; opens left: 8.", "opened it", "127.0.0.0",
    ):  # fmt: skip
        assert told in words(own) or told.startswith("made by"), told
        assert told in words(seen), told
    for absent in (
        "Copy link",
        "New address",
        "Close link",
        "<button>Change",
        "/change",
        link["track"],
    ):
        assert absent not in seen, absent
    tiles = 'data-tile="opens">1<'
    assert tiles in own
    assert tiles in seen
    assert f"{link['id']}/stats?whose=everybody" in seen, "the numbers go on by themselves"
    assert f'data-link="{link["id"]}/stats"' in own


def test_the_api_says_the_same_if_it_is_asked(
    server: Server, people: dict[str, Member], link: dict[str, Any]
) -> None:
    owner, maker = people["owner"], people["maker"]
    path, of_all = f"/share/{link['id']}", EVERYBODY
    listed = owner.client.get("/share", params=of_all | {"q": "zoe"}).json()["items"]
    own = maker.client.get(path).json()
    assert own.pop("url") == link["url"]
    assert listed == [own]
    assert own["created_by"] == maker.user_id
    assert owner.client.get(path, params=of_all).json() == own | {"url": None}
    for end in ("/stats", "/opens"):
        assert owner.client.get(path + end).status_code == 404
        told = owner.client.get(path + end, params=of_all)
        assert told.json() == maker.client.get(path + end).json()
    assert code_of(owner.client.get("/share", params={"whose": "x"}))[0] == 422
    scopes = ("--user", owner.user_id, "--scopes", "read,write,admin")
    narrow = server.people("key", "add", "--org", owner.org, *scopes)["api_key"]
    with server.owner(narrow) as reading:
        for asked in ("/share", path, path + "/stats", path + "/opens"):
            answer = reading.get(asked, params=of_all)
            assert code_of(answer) == (403, "INSUFFICIENT_PERMISSIONS")
            assert answer.json()["error"]["details"]["scope"] == "share"


def test_nobody_else_sees_any_of_it(
    desks: dict[str, httpx.Client], people: dict[str, Member], link: dict[str, Any]
) -> None:
    path, unknown = f"/desk/links/{link['id']}", "/desk/links/mslink_000000000000"
    for who in ("member", "stranger"):
        answer, nothing = desks[who].get(path), desks[who].get(unknown)
        assert (answer.status_code, answer.text) == (404, nothing.text)
        lists = [desks[who].get("/desk/links", params={"whose": people["maker"].user_id})]
        if who == "member":
            lists.append(desks[who].get("/desk/links", params=EVERYBODY))
        assert [(told.status_code, told.text) for told in lists] == [(404, nothing.text)] * len(
            lists
        )
        client = people[who].client
        for end in ("", "/stats", "/opens"):
            foreign = client.get(f"/share/{link['id']}{end}", params=EVERYBODY)
            none = client.get(f"/share/mslink_000000000000{end}", params=EVERYBODY)
            expected = (
                (403, "INSUFFICIENT_PERMISSIONS")
                if who == "member"
                else (404, "RESOURCE_NOT_FOUND")
            )
            assert code_of(foreign) == code_of(none) == expected
    assert labels(page(desks["stranger"], "/desk/links", whose="everybody")) == []
    assert code_of(people["member"].client.get("/share", params=EVERYBODY))[0] == 403


def test_what_writes_knows_nothing_of_it(
    server: Server, desks: dict[str, httpx.Client], people: dict[str, Member], link: dict[str, Any]
) -> None:
    """For an owner, too, somebody else's link isn't there to be changed."""
    server.wait_until_derived()
    owner, before = people["owner"].client, stored(server)
    path = f"/desk/links/{link['id']}"
    for end in ("/change", "/new-address", "/close"):
        assert "This doesn't exist." in unescape(page(desks["owner"], path + end, 404))
        for query in ("", "?whose=everybody"):
            form = {"seen": "0", "expires": "days-1"}
            assert desks["owner"].post(path + end + query, data=form).status_code == 404
    for method, end, body in (
        ("PATCH", "", {"label": "Mine"}), ("POST", "/rotate", None), ("DELETE", "", None)
    ):  # fmt: skip
        for asked in ({}, EVERYBODY):
            answer = owner.request(method, f"/share/{link['id']}{end}", json=body, params=asked)
            assert answer.status_code == 404, (method, asked)
    assert stored(server) == before


def test_who_left_is_named_no_more(
    server: Server, desks: dict[str, httpx.Client], people: dict[str, Member], tmp_path: Path
) -> None:
    """The links that ended with them are still there."""
    gone = Member(server, "gone.maker@localhost.example")
    track = upload(gone.client, make("wav16", tmp_path / "g.wav", sample_count=44_100))
    made = share(gone.client, track["id"])
    gone.remove("--end-links")
    text = page(desks["owner"], f"/desk/links/{made['id']}")
    assert "made by somebody who isn't a member any more" in words(text)
    assert "gone.maker" not in text
