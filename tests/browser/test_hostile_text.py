"""Whatever somebody writes is shown as text: nothing of it runs, nor is the policy needed to stop it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page

from browser.chromium import Site, Visit
from browser.hostile import PAYLOADS, HostileServer, engine_name, packed, serving_hostile
from cast import Server, share, upload, wait_for_sound
from listenlink.media.sandbox.tag_text import clean
from listenlink.model.one_line import one_line, some_lines
from media.make_audio import make
from trust.figures import figure

Visits = Callable[..., Visit]
# How the contents of a page are read back: what `meta` and JSON-LD tell a machine.
_META = (
    """name => document.querySelector(`meta[property="${name}"], meta[name="${name}"]`).content"""
)
_FACTS = """() => document.querySelector('script[type="application/ld+json"]').textContent"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_hostile(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def hostile(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> HostileServer:
    return HostileServer(server, owner, tmp_path_factory.mktemp("audio"))


def assert_nothing_happened(seen: Visit, server: Server) -> None:
    seen.page.wait_for_timeout(50)
    figure("scripts that ran", len(seen.ran))
    figure("stopped by the policy alone", len(seen.blocked))
    assert seen.ran == []
    assert seen.blocked == []
    assert seen.errors == []
    assert seen.hosts() == {f"127.0.0.1:{server.port}"}


def wait_for_page(page: Page) -> None:
    page.wait_for_selector("html.alive")


def test_the_corpus_is_large_and_runs_where_nothing_keeps_it_from_it(
    visit: Visits, other_site: Site
) -> None:
    figure("payloads", len(set(PAYLOADS)))
    assert len(set(PAYLOADS)) >= 200
    other_site.pages["/frames"] = "<body></body>"
    seen = visit()
    seen.page.goto(other_site.url + "/frames")
    seen.page.evaluate(
        """payloads => { for (const payload of payloads) {
          const frame = document.createElement("iframe");
          frame.srcdoc = `<h1>${payload}</h1>`;
          document.body.append(frame);
        } }""",
        PAYLOADS,
    )
    for _ in range(100):  # hundreds of frames take their time
        if len(seen.ran) >= 60:
            break
        seen.page.wait_for_timeout(100)
    assert len(seen.ran) >= 60


def test_titles_artists_engines_and_attributions_are_text(
    visit: Visits, server: Server, hostile: HostileServer
) -> None:
    seen = visit()
    told: list[Any] = []
    for titles, link in hostile.collections:
        asked = quote(packed(titles)[-1])
        seen.page.goto(f"{link['url']}?x={asked}#t={asked}")
        wait_for_page(seen.page)
        assert seen.page.locator("#playlist .name").all_text_contents() == titles
        assert seen.page.text_content("#title") == packed(titles)[0]
        # Each in turn, as somebody who skips: its licence, its attribution, the lock screen.
        told += seen.page.evaluate(
            """() => [...document.querySelectorAll("#playlist button")].map((button) => {
            button.click();
            return [document.getElementById("attribution-text").textContent,
              document.getElementById("fact-engine").textContent,
              document.getElementById("now").textContent,
              navigator.mediaSession.metadata.title] })"""
        )
        assert_nothing_happened(seen, server)
    assert told == [[text, one_line(engine_name(text)), text, text] for text in PAYLOADS]


def test_what_machines_read_is_text(
    visit: Visits, server: Server, hostile: HostileServer, other_site: Site
) -> None:
    seen = visit()
    frames = ""
    with server.listener() as unfurler:
        for titles, link in hostile.collections:
            seen.page.goto(link["url"])
            name = packed(titles)[0]
            assert seen.page.title() == name
            assert seen.page.evaluate(_META, "og:title") == name
            assert seen.page.evaluate(_META, "twitter:title") == name
            assert seen.page.evaluate(_META, "og:description") == some_lines(
                packed(titles[::-1], 4000)[0]
            )
            facts = json.loads(seen.page.evaluate(_FACTS))
            assert [track["name"] for track in facts["track"]] == titles
            assert [track["creditText"] for track in facts["track"]] == titles
            assert "secret label" not in seen.page.content()
            told = unfurler.get("/oembed", params={"url": link["url"]}).json()
            assert told["title"] == name
            frames += told["html"]
    assert_nothing_happened(seen, server)
    other_site.pages["/blog"] = f"<body>{frames}</body>"
    seen = visit()
    seen.page.goto(other_site.url + "/blog", wait_until="networkidle")
    titles_of_frames = seen.page.locator("iframe").evaluate_all("all => all.map(f => f.title)")
    assert titles_of_frames == [packed(titles)[0] for titles, _ in hostile.collections]
    assert seen.page.locator("body > :not(iframe)").count() == 0
    assert (seen.ran, seen.blocked, seen.errors) == ([], [], [])


def test_the_embed_and_the_page_without_script_show_text(
    visit: Visits, server: Server, hostile: HostileServer
) -> None:
    scripted, plain = visit(), visit(java_script_enabled=False)
    for titles, link in hostile.collections:
        scripted.page.goto(link["url"].replace("/v1/music/shared/", "/embed/"))
        wait_for_page(scripted.page)
        assert scripted.page.text_content("#title") == packed(titles)[0]
        # The listening page is visited with scripts allowed: what it holds could run.
        posted = httpx.post(link["url"])
        scripted.page.goto(server.url + posted.headers["location"])
        assert scripted.page.locator(".playlist .name").all_text_contents() == titles
        plain.page.goto(link["url"])
        assert plain.page.locator(".playlist .name").all_text_contents() == titles
    assert_nothing_happened(scripted, server)
    assert plain.blocked == []


def test_names_of_collections_are_text_whatever_stands_first(
    visit: Visits, server: Server, hostile: HostileServer
) -> None:
    """A comment or an element that isn't closed would hide what stands behind it: so in many orders."""
    seen = visit()
    for name in packed(PAYLOADS[::-1], 500):
        seen.page.goto(hostile.collect(name, name, [hostile.one])["url"])
        wait_for_page(seen.page)
        assert seen.page.text_content("#title") == one_line(name)
        assert seen.page.text_content("#description") == some_lines(name)
    assert_nothing_happened(seen, server)


def test_pages_of_refused_links_show_nothing_of_the_address(visit: Visits, server: Server) -> None:
    seen = visit()
    for text in packed(PAYLOADS, 1500):
        asked = quote(text)
        for path in (
            "/v1/music/shared/shr_0",
            "/embed/shr_0",
            f"/v1/music/shared/{quote(text, safe='')}",
        ):
            answer = seen.page.goto(f"{server.url}{path}?x={asked}#t={asked}")
            assert answer is not None
            # A query that is too long to be of anything is refused as such.
            assert answer.status in (404, 414)
            assert "alert" not in seen.page.content()
    assert_nothing_happened(seen, server)


_TAGGED = ("mp3_xing", "ogg_vorbis", "m4a_aac", "flac", "wav16")
_WORST = [
    "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg onload=alert(1)>",
    "' autofocus onfocus='alert(1)", "<!--<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("kind", _TAGGED)
def test_tags_and_file_names_are_text(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path, kind: str
) -> None:
    worst = _WORST[_TAGGED.index(kind)]
    tagged = make(kind, tmp_path / "tagged", tags={"title": worst, "artist": worst[::-1] + worst})
    named = make(kind, tmp_path / (worst.replace("/", "") + ".x"))
    seen = visit()
    for path, artist in ((tagged, clean(worst[::-1] + worst)), (named, None)):
        track = upload(owner, path)
        wait_for_sound(owner, track["id"])
        assert "alert(1)" in track["title"]
        assert track["artist"] == artist
        seen.page.goto(share(owner, track["id"])["url"])
        wait_for_page(seen.page)
        assert seen.page.text_content("#title") == track["title"]
        assert_nothing_happened(seen, server)


def test_an_upload_takes_control_characters_and_turned_writing_out() -> None:
    for payload in PAYLOADS:
        kept: Any = clean(payload)
        assert kept, payload
        assert kept.isprintable() or "\xad" in kept or "\u200b" in kept or "\u3000" in payload, (
            payload
        )
        assert not set(kept) & set("\u202e\u2066\u2069\u2028\u2029\ufeff")
