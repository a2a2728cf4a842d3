"""Programs look at a link that opens once, and the person it was sent to still hears it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from cast import Server, share, upload, wait_for_sound
from journeys.unfurlers import IN_APP_BROWSERS, UNFURLERS, Program
from listenlink.model import ids
from listenlink.model.audit import Outcome
from media.make_audio import add_cover, make
from trust.figures import figure

TITLE = "Früher & <später>"
of_each = pytest.mark.parametrize("unfurler", UNFURLERS, ids=lambda each: each.name)


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = add_cover(make("mp3_xing", tmp_path_factory.mktemp("audio") / "song.mp3"))
    track = upload(owner, path, title=TITLE, artist="Ana")
    wait_for_sound(owner, track["id"])
    return track


@dataclass
class Looked:
    """What a program that follows all that a page offers has seen."""

    page: str
    og_title: str | None
    og_image: bytes | None
    embed: dict[str, Any] | None


def meta(page: str, name: str) -> str | None:
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)">', page)
    return unescape(found.group(1)) if found else None


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def look(client: httpx.Client, unfurler: Program, path: str) -> Looked:
    """Ask as the program does; then for everything the page names, by GET and HEAD, and by prefetch."""
    asked = client.request(unfurler.method, path, headers=unfurler.headers)
    assert asked.status_code == 200, unfurler.name
    is_page = asked.headers["content-type"] == "text/html; charset=utf-8"
    assert is_page or unfurler.method == "HEAD", unfurler.name
    assert asked.headers["cache-control"] == "no-store"
    assert "listen-session" not in asked.headers
    page = asked.text
    if unfurler.method == "HEAD":
        assert page == ""
        page = client.get(path, headers={"Accept": "text/html"}).text
    alternate = re.search(r'<link rel="alternate" [^>]*href="([^"]*)"', page)
    assert alternate is not None
    oembed = path_of(unescape(alternate.group(1)))
    embed = path.replace("/v1/music/shared/", "/embed/")
    cover = re.search(r'<img id="cover" src="([^"]+)"', page)
    named = [oembed, embed, *([cover.group(1)] if cover else [])]
    image = meta(page, "og:image")
    named += [path_of(image)] if image else []
    for url in named:
        for method in ("GET", "HEAD"):
            answer = client.request(method, url, headers=unfurler.headers)
            assert answer.status_code == 200, (unfurler.name, method, url)
    for purpose in ("prefetch", "prefetch;prerender"):
        client.get(path, headers=unfurler.headers | {"Sec-Purpose": purpose})
    client.head(path, headers=unfurler.headers)
    client.head(path)  # by a program that says nothing of itself
    told = client.get(oembed, headers=unfurler.headers).json()
    picture = client.get(path_of(image), headers=unfurler.headers).content if image else None
    return Looked(page, meta(page, "og:title"), picture, told)


def opens_of(server: Server, link: dict[str, Any]) -> int:
    """By the audit."""
    rows = server.query(
        "SELECT count(*) FROM audit WHERE share_id = ? AND outcome = ?",
        ids.parse_id(ids.SHARE, link["id"]), int(Outcome.OPENED),
    )  # fmt: skip
    return int(rows[0][0])


@of_each
def test_a_program_sees_title_and_picture_and_opens_nothing(
    server: Server, owner: httpx.Client, song: dict[str, Any], unfurler: Program
) -> None:
    link = share(owner, song["id"], max_opens=1)
    path = f"/v1/music/shared/{link['token']}"
    with server.listener() as program:
        looked = look(program, unfurler, path)
    assert looked.og_title == TITLE
    assert looked.og_image is not None
    assert looked.og_image.startswith(b"\x89PNG")
    assert looked.embed is not None
    assert looked.embed["title"] == TITLE
    figure("programs that preview", 1)
    figure("opens used by programs", opens_of(server, link))
    assert opens_of(server, link) == 0
    with server.listener() as person:
        assert person.get(path, headers={"Accept": "application/json"}).status_code == 200
        assert opens_of(server, link) == 1
        assert person.get(path).status_code == 404


@of_each
def test_a_program_learns_nothing_of_a_link_whose_preview_is_hidden(
    server: Server, owner: httpx.Client, song: dict[str, Any], unfurler: Program
) -> None:
    link = share(owner, song["id"], max_opens=1, preview=False)
    with server.listener() as program:
        looked = look(program, unfurler, f"/v1/music/shared/{link['token']}")
    assert (looked.og_title, looked.og_image) == ("Shared music", None)
    assert looked.embed is not None
    assert looked.embed["title"] == "Shared music"
    assert "thumbnail_url" not in looked.embed
    for secret in ("Früher", "Ana", song["id"], "/v1/music/picture/"):
        assert secret not in looked.page + str(looked.embed)
    assert opens_of(server, link) == 0


def test_a_person_plays_after_all_of_them_and_that_is_one_open(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], max_opens=1)
    path = f"/v1/music/shared/{link['token']}"
    for unfurler in UNFURLERS:
        with server.listener() as program:
            program.request(unfurler.method, path, headers=unfurler.headers)
    with server.listener() as person:
        assert person.get(path, headers={"Accept": "text/html"}).status_code == 200
        opened = person.get(path, headers={"Accept": "application/json"})
        session = {"Listen-Session": opened.headers["listen-session"]}
        url = opened.json()["track"]["playback_url"]
        for start in range(20):
            part = person.get(url, headers={"Range": f"bytes={start * 100}-{start * 100 + 99}"})
            assert (part.status_code, len(part.content)) == (206, 100)
        assert opens_of(server, link) == 1
        # A reload: the page is that of a spent link, and its script goes on with the session.
        assert person.get(path, headers={"Accept": "text/html"}).status_code == 404
        again = person.get(path, headers={"Accept": "application/json"} | session)
        assert again.status_code == 200
        assert person.get(again.json()["track"]["playback_url"]).status_code == 200
        assert person.get(path + "/details", headers=session).json()["title"] == TITLE
    assert opens_of(server, link) == 1


@pytest.mark.parametrize("name", IN_APP_BROWSERS)
@pytest.mark.parametrize("accept", ["application/json", "application/json, text/plain, */*"])
def test_the_player_gets_json_by_name_also_within_an_app(
    server: Server, owner: httpx.Client, song: dict[str, Any], name: str, accept: str
) -> None:
    link = share(owner, song["id"], max_opens=1)
    path = f"/v1/music/shared/{link['token']}"
    agent = {"User-Agent": IN_APP_BROWSERS[name]}
    with server.listener() as person:
        shown = person.get(path, headers=agent | {"Accept": "text/html,*/*;q=0.8"})
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        view = person.get(path, headers=agent | {"Accept": accept}).json()
        assert view["track"]["title"] == TITLE
        assert person.get(view["track"]["playback_url"], headers=agent).status_code == 200
    assert opens_of(server, link) == 1


def test_a_program_that_nobody_knows_gets_json_and_that_counts(
    server: Server, owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    """The contract: whoever asks for anything gets the JSON. So what is above isn't so by itself."""
    link = share(owner, song["id"], max_opens=1)
    answer = listener.get(f"/v1/music/shared/{link['token']}", headers={"User-Agent": "curl/8"})
    assert answer.headers["content-type"] == "application/json"
    assert opens_of(server, link) == 1


def test_an_svg_is_no_cover(owner: httpx.Client, listener: httpx.Client, tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for number, kind in enumerate(("image/svg+xml", "image/jpeg")):
        path = add_cover(make("mp3_cbr", tmp_path / f"{number}.mp3"), svg, kind)
        track = upload(owner, path, title="No cover")
        wait_for_sound(owner, track["id"])
        assert owner.get(f"/tracks/{track['id']}/cover").status_code == 404
        link = share(owner, track["id"])
        page = listener.get(
            f"/v1/music/shared/{link['token']}", headers={"Accept": "text/html"}
        ).text
        assert "<svg xmlns" not in page
        assert "<img" not in page
