"""A person's links at the desk: found, looked at, told in words and in numbers; and nobody else's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.desk_pages import labels, numbered, page, words
from media.make_audio import make
from signed_in import at_desk, first_email


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title="Harbour <Lights>")


@pytest.fixture(scope="module")
def desk(server: Server) -> Iterator[httpx.Client]:
    """The owner, signed in."""
    with contextlib.closing(at_desk(server)) as client:
        yield client


def test_where_there_is_none_it_says_what_to_do_first(server: Server) -> None:
    told = server.new_member()
    ((email,),) = server.query(
        "SELECT email FROM users WHERE id = ?", int(told["user_id"].partition("_")[2], 16)
    )
    with contextlib.closing(at_desk(server, email)) as desk:
        text = page(desk, "/desk/links")
        assert "You have no links yet." in text
        assert 'href="/desk"' in text
        assert "Show all links" in page(desk, "/desk/links", q="nothing")


def test_the_list_is_narrowed_by_state_target_and_label(
    server: Server, owner: httpx.Client, desk: httpx.Client, listener: httpx.Client
) -> None:
    mine = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = {
        "open": share(owner, mine, label="ÉTÉ One"),
        "not yet": share(owner, mine, label="Two", starts_at=soon),
        "closed": share(owner, mine, label="Three"), "spent": share(owner, mine, label="Four", max_opens=1),
        "ended": share(owner, mine, label="Five Straße", expires_in_days=1),
    }  # fmt: skip
    owner.delete(f"/share/{made['closed']['id']}")
    server.change("UPDATE shares SET expires_at = 1 WHERE id = ?", numbered(made["ended"]))
    assert listener.get(made["spent"]["url"].removeprefix(server.url)).status_code == 200
    newest = ["Five Straße", "Four", "Three", "Two", "ÉTÉ One"]
    assert labels(page(desk, "/desk/links", target=mine)) == newest
    states = {"open": "active", "not yet": "scheduled", "closed": "revoked", "spent": "spent"}
    for said, state in (states | {"ended": "expired"}).items():
        text = page(desk, "/desk/links", target=mine, state=state)
        assert labels(text) == [made[said]["label"]]
        assert f'<span class="tag state-{state}">{said}</span>' in text
    assert "1 of 1 open ·" in words(page(desk, "/desk/links", q="Four"))
    for asked, found in (
        ("été", ["ÉTÉ One"]),
        ("o", ["Four", "Two", "ÉTÉ One"]),
        ("e\u0301te\u0301", ["ÉTÉ One"]),
        ("STRASSE", ["Five Straße"]),
        ("ete", ["ÉTÉ One"]),
    ):
        assert labels(page(desk, "/desk/links", target=mine, q=asked)) == found
        answer = owner.get("/share", params={"target_id": mine, "q": asked}).json()
        assert [item["label"] for item in answer["items"]] == found
    assert labels(page(desk, "/desk/links", target=mine, q="o", state="spent")) == ["Four"]
    assert "No link of yours is like that." in page(desk, "/desk/links", target=mine, q="%")
    assert labels(page(desk, "/desk/links", target=mine, state="nonsense")) == newest
    page(desk, "/desk/links", 404, target="nonsense")


def test_pages_of_fifty_go_on_with_what_was_asked(
    server: Server, owner: httpx.Client, desk: httpx.Client
) -> None:
    mine = owner.post("/collections", json={"name": "Many"}).json()["id"]
    for number in range(102):
        share(owner, mine, label=f"No. {number}" + " & more" * (number % 2))
    asked = {"target": mine, "q": "& More", "state": "active"}
    first = page(desk, "/desk/links", **asked)
    assert labels(first) == [f"No. {number} & more" for number in range(101, 1, -2)]
    assert "Newest" not in words(first)
    path = unescape(re.findall(r'<a href="([^"]*)" rel="next">', first)[0])
    second = page(desk, path)
    assert labels(second) == ["No. 1 & more"]
    assert 'rel="next"' not in second
    assert 'value="&amp; More"' in second
    back = unescape(re.findall(r'<a href="([^"]*)">Newest', second)[0])
    assert labels(page(desk, back)) == labels(first)
    for nonsense in ("x", "Ä", "x" * 300):
        assert labels(page(desk, "/desk/links", **asked, after=nonsense)) == labels(first)


def test_a_link_tells_its_address_and_its_terms_in_words(
    owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(
        owner, song["id"], label="<b>Ana</b>", max_opens=5, expires_in_days=3, allow_download=True,
        preview=False, strict_open=True,
    )  # fmt: skip
    text = page(desk, f"/desk/links/{link['id']}")
    assert f'value="{link["url"]}"' in text
    assert "<b>Ana</b>" not in text
    said = words(text)
    for told in (
        "<b>Ana</b>", "to Harbour <Lights>", "It ends ", "It opens 5 times; opens left: 5.",
        "only when somebody presses play", "may download", "hidden until", "Nobody has come yet.",
    ):  # fmt: skip
        assert told in said
    assert f'href="/desk/tracks/{song["id"]}"' in text
    plain = words(page(desk, f"/desk/links/{share(owner, song['id'])['id']}"))
    assert "It has no end. It opens any number of times." in plain


def test_numbers_are_those_of_the_api_and_the_lines_those_of_the_audit(
    server: Server, owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    other = owner.post("/collections", json={"name": "Pair"}).json()["id"]
    owner.post(f"/collections/{other}/tracks", json={"track_id": song["id"]})
    link = share(owner, other)
    shared = f"/v1/music/shared/{link['token']}"
    names = ["Mozilla/5.0 (X11) Firefox/140.0", "curl/8.1", "", "facebookexternalhit/1.1"]
    for name in names:
        with server.listener() as somebody:
            asked = {"User-Agent": name, "Accept": "application/json"}
            opened = somebody.get(shared, headers=asked)
            session = {"Listen-Session": opened.headers["listen-session"]}
            somebody.get(shared, headers=asked | session)
    with server.listener() as somebody:
        somebody.post(f"{shared}/listen", json={"track_id": song["id"]}, headers=session)
    stats = owner.get(f"/share/{link['id']}/stats").json()
    assert stats["by_agent"] == {
        "person": 1, "program": 1, "unfurler": 1, "unknown": 1, "forgotten": 0,
    }  # fmt: skip
    (heard,) = stats["by_track"]
    assert (heard["track_id"], heard["title"], heard["listens"]) == (song["id"], song["title"], 1)
    assert stats["listening"] == 4
    text = page(desk, f"/desk/links/{link['id']}")
    tiles = dict(re.findall(r'data-tile="(\w+)">([^<]*)<', text))
    assert tiles == {
        "opens": "4", "listens": "1", "listeners": "1", "listening": "4", "downloads": "0",
    }  # fmt: skip
    days = [re.findall(r"<td>(\d+)</td>", row) for row in _rows(text, "days")]
    (day,) = stats["days"]
    told = [str(day[name]) for name in ("opens", "listens", "listeners", "bot_requests")]
    assert days == [[], told, told]
    assert [re.findall(r"<td>(\d+)</td>", row) for row in _rows(text, "sources")][1:] == [["1"]] * 4
    assert [re.findall(r"<td>(\d+)</td>", row) for row in _rows(text, "tracks")][1:] == [["1"]]
    lines = owner.get(f"/share/{link['id']}/opens").json()["items"]
    assert len(re.findall('<span class="what"><span>', text)) == len(lines) == 8
    assert all(line["client_prefix"] in text and line["client"][:8] in text for line in lines)


def _rows(text: str, name: str) -> list[str]:
    table = text.partition(f'<table id="{name}">')[2].partition("</table>")[0]
    return table.split("<tr>")[1:]


def test_older_lines_follow_by_a_cursor_of_this_link(
    server: Server, owner: httpx.Client, desk: httpx.Client, song: dict[str, Any]
) -> None:
    link, other = share(owner, song["id"]), share(owner, song["id"])
    with server.listener() as somebody:
        for _ in range(60):
            somebody.head(f"/v1/music/shared/{link['token']}")
    first = page(desk, f"/desk/links/{link['id']}")
    assert first.count("looked at it") == 50
    (path,) = re.findall(r'<a href="([^"]*)#requests" rel="next">', first)
    assert page(desk, path).count("looked at it") == 10
    elsewhere = path.replace(link["id"], other["id"])
    assert "looked at it" not in page(desk, elsewhere)


def test_what_is_foreign_is_not_there_and_stays_as_it_is(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    """A member, and an owner elsewhere; an owner of the same organisation looks, and no more
    (`test_see_all_links.py`)."""
    link = share(owner, song["id"], label="Hers alone")
    before = owner.get(f"/share/{link['id']}").json()
    for told in (server.new_member(), server.new_organization()):
        user = int(told["user_id"].partition("_")[2], 16)
        ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
        assert email != first_email(server)
        with contextlib.closing(at_desk(server, email)) as other:
            for named in (link["id"], "mslink_000000000000", "mslink_x", "null"):
                path = f"/desk/links/{named}"
                for end in ("", "/change", "/new-address", "/close"):
                    assert "This doesn't exist." in unescape(page(other, path + end, 404))
                for end in ("/change", "/new-address", "/close"):
                    answer = other.post(path + end, data={"seen": "0", "expires": "days-1"})
                    assert answer.status_code == 404
            assert "Hers alone" not in page(other, "/desk/links")
            assert labels(page(other, "/desk/links", target=song["id"])) == []
    assert owner.get(f"/share/{link['id']}").json() == before
