"""A person shares at the desk, without script: the form makes the link and shows it, once."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, upload
from engines import of_folder
from media.make_audio import make
from signed_in import at_desk

URL = re.compile(r'class="secret" readonly [^>]*value="([^"]+)"')
SEEN = re.compile(r'href="/desk/links/(mslink_[0-9a-f]{12})"')
FAULT = re.compile(r'id="([\w-]+)-fault" role="alert" data-fault="[^"]*">([^<]+)</p>')
OWN_KEY = re.compile(r'name="own_key" value="([^"]+)"')
PROGRAM = {"Accept": "application/json", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"), title="<b>Dawn")


@pytest.fixture(scope="module")
def person(server: Server, song: dict[str, Any]) -> Iterator[httpx.Client]:
    with contextlib.closing(at_desk(server)) as client:
        yield client


def path_of(song: dict[str, Any]) -> str:
    return f"/desk/tracks/{song['id']}/share"


def made(answer: httpx.Response, owner: httpx.Client) -> dict[str, Any]:
    """The link that a page shows, as the API tells it."""
    assert answer.status_code == 200, answer.text
    ((named, url),) = zip(SEEN.findall(answer.text), URL.findall(answer.text), strict=True)
    told: dict[str, Any] = owner.get(f"/share/{named}").json()
    assert told["url"] == url
    return told


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("preset", "hours"),
    [("hours-1", 1), ("days-1", 24), ("days-7", 168), ("days-30", 720), ("days-90", 2160)],
)
def test_a_preset_ends_exactly_so_much_later(
    person: httpx.Client, owner: httpx.Client, song: dict[str, Any], preset: str, hours: int
) -> None:
    link = made(person.post(path_of(song), data={"expires": preset}), owner)
    assert moment(link["expires_at"]) - moment(link["created_at"]) == timedelta(hours=hours)
    plain = {
        "max_opens": None,
        "label": None,
        "starts_at": None,
        "state": "active",
        "preview": True,
    }
    plain |= {"allow_download": False, "strict_open": False, "visibility": "link_only"}
    assert {name: link[name] for name in plain} == plain


def test_whatever_is_asked_for_is_so_and_told(
    person: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    """A day is one in UTC here, and ends with its last second; a time is UTC, too."""
    start = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0, second=0)
    last = (start + timedelta(days=3)).date()
    answer = person.post(
        path_of(song),
        data={
            "expires": "date", "expires_at": last.isoformat(), "opens": "number", "max_opens": "5",
            "strict_open": "true", "allow_download": "true", "preview": "false", "label": " Ana ",
            "starts_at": start.strftime("%Y-%m-%dT%H:%M"),
        },
    )  # fmt: skip
    link = made(answer, owner)
    assert link["expires_at"] == f"{last.isoformat()}T23:59:59Z"
    assert moment(link["starts_at"]) == start
    assert (link["max_opens"], link["label"], link["state"]) == (5, "Ana", "scheduled")
    assert (link["strict_open"], link["allow_download"], link["preview"]) == (True, True, False)
    told = re.sub(r"<[^>]+>|\s+", " ", answer.text)
    assert "Whoever has this link can open it 5 times, until" in told
    assert "Not before" in told


def test_a_collection_is_shared_the_same_way(person: httpx.Client, owner: httpx.Client) -> None:
    collection = owner.post("/collections", json={"name": "Evenings"}).json()
    path = f"/desk/collections/{collection['id']}/share"
    assert "Evenings" in person.get(path).text
    link = made(person.post(path, data={"expires": "days-1", "max_opens": "1"}), owner)
    assert (link["target_id"], link["max_opens"]) == (collection["id"], 1)


def test_a_form_that_is_sent_twice_makes_one_link_and_a_changed_one_another(
    server: Server, person: httpx.Client, owner: httpx.Client, song: dict[str, Any]
) -> None:
    path, count = path_of(song), "SELECT count(*) FROM shares"
    (own_key,) = OWN_KEY.findall(person.get(path).text)
    ((before,),) = server.query(count)
    form = {"expires": "days-7", "own_key": own_key}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: person.post(path, data=form), range(4)))
    assert len({made(answer, owner)["id"] for answer in answers}) == 1
    assert server.query(count) == [(before + 1,)]
    changed = made(person.post(path, data=form | {"label": "Ben"}), owner)
    assert changed["label"] == "Ben"
    (other,) = OWN_KEY.findall(person.get(path).text)
    made(person.post(path, data=form | {"own_key": other}), owner)
    assert server.query(count) == [(before + 3,)]


def _in(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"expires": "date"}, "expires_at", "Choose a date."),
        ({"expires": "date", "expires_at": "soon"}, "expires_at", "This is no date."),
        ({"expires": "date", "expires_at": "2020-01-01"}, "expires_at", "This time is over."),
        ({"expires": "date", "expires_at": _in(91)}, "expires_at", "A link lasts 90 days at most."),
        ({"expires": "hours-2"}, "expires", "Choose how long."),
        ({"expires": "stays"}, "expires", "Choose how long."),
        ({}, "expires", "Choose how long."),
        ({"expires": "days-1", "opens": "number", "max_opens": ""}, "max_opens", "This is a whole number"),
        ({"expires": "days-1", "max_opens": "2.5"}, "max_opens", "This is a whole number, 1 or more."),
        ({"expires": "days-1", "max_opens": "٣"}, "max_opens", "This is a whole number, 1 or more."),
        ({"expires": "days-1", "max_opens": "0"}, "max_opens", "This is a whole number"),
        ({"expires": "days-1", "label": "x" * 121}, "label", "This has at most 120 characters."),
        ({"expires": "days-1", "label": "a\0b"}, "label", "This is text without NUL."),
        ({"expires": "days-1", "starts_at": _in(2)}, "starts_at", "The link would end before it starts."),
        ({"expires": "days-1", "starts_at": "1969-01-01T00:00"}, "starts_at", "This is no time in"),
    ],
)  # fmt: skip
@of_folder
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    server: Server,
    person: httpx.Client,
    song: dict[str, Any],
    form: dict[str, str],
    field: str,
    words: str,
) -> None:
    ((before,),) = server.query("SELECT count(*) FROM shares")
    sent = {"label": "Ana", "max_opens": "7", "own_key": "k1"} | form
    answer = person.post(path_of(song), data=sent)
    assert answer.status_code == 422
    ((named, said),) = FAULT.findall(answer.text)
    assert named == field
    assert unescape(said).startswith(words)
    # What was typed is there still; a browser drops a NUL by itself.
    for name in ("label", "max_opens", "own_key"):
        assert f'value="{sent[name]}"' in answer.text.replace("\ufffd", "\0")
    assert server.query("SELECT count(*) FROM shares") == [(before,)]


@of_folder
def test_only_what_is_ones_own_is_shared(
    server: Server, person: httpx.Client, owner: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    """As over the API: not a colleague's, not what was saved, not what is nowhere."""
    told = server.new_member("member")
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = server.query("SELECT email FROM users WHERE id = ?", user)
    with (
        server.owner(told["api_key"]) as other,
        contextlib.closing(at_desk(server, email)) as theirs,
    ):
        foreign = upload(other, make("wav16", tmp_path / "b.wav", sample_count=9000))
        link = other.post(f"/tracks/{foreign['id']}/share").json()
        assert owner.post(f"{server.url}/v1/music/shared/{link['token']}/save").is_success
        assert theirs.get(path_of(foreign)).status_code == 200
        answer = theirs.post(path_of(foreign), data={"expires": "hours-1"})
        assert answer.status_code == 200
        assert owner.get(f"/tracks/{foreign['id']}").status_code == 200, "it's in the library"
        ((before,),) = server.query("SELECT count(*) FROM shares")
        for path in (
            path_of(foreign),
            "/desk/tracks/mtrack_000000000000/share",
            "/desk/tracks/nonsense/share",
            "/desk/collections/mcoll_000000000000/share",
            f"/desk/collections/{foreign['id']}/share",
        ):
            assert person.get(path).status_code == 404, path
            assert person.post(path, data={"expires": "hours-1"}).status_code == 404
    assert server.query("SELECT count(*) FROM shares") == [(before,)]


@of_folder
def test_what_was_written_is_text(person: httpx.Client, song: dict[str, Any]) -> None:
    hostile = "\"'><script>alert(1)</script>"
    page = person.get(path_of(song)).text
    assert "&lt;b&gt;Dawn" in page
    answer = person.post(
        path_of(song), data={"expires": hostile, "label": hostile, "starts_at": hostile}
    )
    assert answer.status_code == 422
    for text in (page, answer.text):
        assert "<b>Dawn" not in text
        assert "<script>alert" not in text


@of_folder
def test_a_code_is_drawn_of_our_own_links_alone(server: Server, person: httpx.Client) -> None:
    before = f"{server.url}/v1/music/shared/"
    good = person.post("/desk/qr", json={"url": before + "shr_" + "0" * 32}, headers=PROGRAM)
    assert good.status_code == 200
    assert good.json()["size"] >= 33
    assert good.headers["cache-control"] == "no-store"
    for url in (
        "https://elsewhere.example/v1/music/shared/shr_" + "0" * 32,
        before + "shr_" + "0" * 31,
        before + "shr_" + "0" * 32 + "?x=" + "y" * 1000,
        "shr_" + "0" * 32,
        None,
        7,
        ["x"],
    ):
        answer = person.post("/desk/qr", json={"url": url}, headers=PROGRAM)
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "url")
    assert person.get("/desk/qr").status_code == 405
