"""A link that opens for nobody who doesn't mean it: by JSON asked for by name, or by play, and else not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, run_cli, share, upload
from journeys.seen import BROWSER, opens
from listenlink.client import Client
from media.make_audio import make

ANYTHING = {"Accept": "*/*", "User-Agent": "curl/8.5.0"}
UNSAID: list[dict[str, str]] = [
    ANYTHING,
    {"Accept": "", "User-Agent": ""},
    {"Accept": "application/*"},
    {"User-Agent": "Java/17.0.9", "Accept": "text/html, image/gif, image/jpeg, */*; q=0.2"},
]
BY_NAME: list[dict[str, str]] = [
    {"Accept": "application/json"},
    {"Accept": "application/json, text/plain, */*"},
    {"Accept": "*/*, application/json;q=0.1", "User-Agent": "Slackbot 1.0 (+https://slack.com)"},
]


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = make("wav16", tmp_path_factory.mktemp("audio") / "a.wav", sample_count=44_100)
    return upload(owner, path, title="Harbour")


def path_of(link: dict[str, Any]) -> str:
    return f"/v1/music/shared/{link['token']}"


@pytest.fixture
def strict(owner: httpx.Client, song: dict[str, Any]) -> dict[str, Any]:
    link = share(owner, song["id"], max_opens=1, strict_open=True)
    assert link["strict_open"] is True
    return link


@pytest.mark.parametrize("headers", UNSAID)
def test_whoever_would_take_anything_gets_the_page_and_spends_nothing(
    server: Server,
    owner: httpx.Client,
    listener: httpx.Client,
    song: dict[str, Any],
    strict: dict[str, Any],
    headers: dict[str, str],
) -> None:
    usual = share(owner, song["id"])
    assert listener.get(path_of(usual), headers=headers).json()["track"]["title"] == "Harbour"
    for _ in range(3):
        shown = listener.get(path_of(strict), headers=headers)
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert "listen-session" not in shown.headers
        assert "Harbour" in shown.text
        assert server.outcome_of(shown) == ("viewed", None)
    page = listener.get(path_of(strict), headers=BROWSER | {"User-Agent": "Firefox"})
    told = {"x-request-id", "date", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit"}
    for name in set(page.headers) | set(shown.headers) - told:
        assert name in told or page.headers[name] == shown.headers[name], name
    # Each ends with a visit ticket of its own.
    assert page.text.rpartition('value="')[0] == shown.text.rpartition('value="')[0]
    assert opens(owner, strict) == 0


@pytest.mark.parametrize("headers", BY_NAME)
def test_json_by_name_opens_it(
    owner: httpx.Client, listener: httpx.Client, strict: dict[str, Any], headers: dict[str, str]
) -> None:
    assert listener.get(path_of(strict), headers=headers).json()["available"] is True
    assert opens(owner, strict) == 1
    assert listener.get(path_of(strict), headers=headers).status_code == 404


def test_play_without_script_opens_it(
    owner: httpx.Client, listener: httpx.Client, strict: dict[str, Any]
) -> None:
    pressed = listener.post(path_of(strict), headers=ANYTHING)
    assert pressed.status_code == 303
    assert opens(owner, strict) == 1


def test_our_own_client_opens_it(server: Server, owner: httpx.Client, strict: Any) -> None:
    with Client(server.url) as client:
        assert client.open(strict["token"]).session is not None
    assert opens(owner, strict) == 1


def test_who_has_opened_it_renews_by_anything(
    server: Server, owner: httpx.Client, listener: httpx.Client, strict: dict[str, Any]
) -> None:
    opened = listener.get(path_of(strict), headers={"Accept": "application/json"})
    session = {"Listen-Session": opened.headers["listen-session"]}
    again = listener.get(path_of(strict), headers=ANYTHING | session)
    assert again.json()["track"]["playback_url"]
    assert server.outcome_of(again) == ("renewed", None)
    assert listener.head(path_of(strict), headers=ANYTHING | session).headers["content-type"] == (
        "application/json"
    )
    forged = {"Listen-Session": opened.headers["listen-session"][:-1] + "A"}
    assert listener.get(path_of(strict), headers=ANYTHING | forged).status_code == 404
    assert opens(owner, strict) == 1


def test_head_has_the_headers_of_get(listener: httpx.Client, strict: dict[str, Any]) -> None:
    told = listener.head(path_of(strict), headers=ANYTHING)
    shown = listener.get(path_of(strict), headers=ANYTHING)
    assert told.text == ""
    for name in ("content-type", "content-length", "link", "vary", "content-security-policy"):
        assert told.headers[name] == shown.headers[name], name
    named = listener.head(path_of(strict), headers={"Accept": "application/json"})
    assert named.headers["content-type"] == "application/json"


def test_a_refusal_does_not_tell_that_it_is_strict(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], strict: dict[str, Any]
) -> None:
    spent = share(owner, song["id"], max_opens=1, strict_open=True)
    listener.get(path_of(spent), headers={"Accept": "application/json"}).raise_for_status()
    owner.delete(f"/share/{strict['id']}").raise_for_status()
    unknown = {"token": "shr_" + "0" * 32}
    told = [listener.get(path_of(link), headers=ANYTHING) for link in (unknown, spent, strict)]
    shapes = []
    for answer in told:
        body = answer.json()
        for passing in ("trace_id", "timestamp"):
            body["error"].pop(passing)
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name not in ("x-request-id", "date")
        }
        shapes.append((answer.status_code, json.dumps(body), headers))
    assert shapes[0][0] == 404
    assert shapes[0] == shapes[1] == shapes[2]


def test_removed_content_is_told_as_a_page(
    owner: httpx.Client, listener: httpx.Client, tmp_path: Path
) -> None:
    gone = upload(owner, make("wav16", tmp_path / "b.wav", sample_count=44_100), title="Gone")
    link = share(owner, gone["id"], strict_open=True)
    owner.delete(f"/tracks/{gone['id']}").raise_for_status()
    shown = listener.get(path_of(link), headers=ANYTHING)
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    named = listener.get(path_of(link), headers={"Accept": "application/json"}).json()
    assert named["available"] is False


def test_it_can_be_changed_and_a_new_token_keeps_it(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    place = f"/share/{link['id']}"
    assert owner.get(place).json()["strict_open"] is False
    assert owner.patch(place, json={"strict_open": True}).json()["strict_open"] is True
    assert "text/html" in listener.get(path_of(link), headers=ANYTHING).headers["content-type"]
    turned = owner.post(f"{place}/rotate").json()
    assert turned["strict_open"] is True
    assert "text/html" in listener.get(path_of(turned), headers=ANYTHING).headers["content-type"]
    with Client(server.url, server.api_key) as client:
        assert client.link(link["id"]).strict_open is True
        assert client.change_link(link["id"], strict_open=False).strict_open is False
        made = client.share(song["id"], strict_open=True)
        assert (made.strict_open, client.share(song["id"]).strict_open) == (True, False)
    assert listener.get(path_of(turned), headers=ANYTHING).json()["available"] is True
    assert owner.patch(place, json={"strict_open": None}).status_code == 422


def test_the_command_line_makes_one(server: Server, owner: httpx.Client, song: Any) -> None:
    asked = ("share", song["id"], "--server", server.url, "--api-key", server.api_key, "--json")
    for options, is_strict in (((), False), (("--strict-open",), True)):
        made = run_cli(*asked, *options)
        assert made.returncode == 0, made.stderr
        assert json.loads(made.stdout)["strict_open"] is is_strict


def test_a_collection_that_is_strict(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    album = owner.post("/collections", json={"name": "Evening"}).json()["id"]
    owner.post(f"/collections/{album}/tracks", json={"track_id": song["id"]}).raise_for_status()
    link = share(owner, album, max_opens=1, strict_open=True)
    assert "Evening" in listener.get(path_of(link), headers=ANYTHING).text
    opened = listener.get(path_of(link), headers={"Accept": "application/json"}).json()
    assert [track["title"] for track in opened["tracks"]] == ["Harbour"]
