"""How much the page weighs, whom it asks, what it shows before its script, and how soon it sounds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Request, Route

from browser.chromium import Site
from browser.listening import Visits, collect, open_page, wait_until_past
from cast import Server, share, upload, wait_for_sound
from engines import of_folder
from listenlink.web.pages.assets import ASSETS
from media.make_audio import add_cover, make, make_picture

MOST_BYTES = 40 * 1024


def bytes_of(requests: Iterable[Request]) -> dict[str, int]:
    """What went over the wire for each file: head and body."""
    sizes = {}
    for request in requests:
        size = request.sizes()
        sizes[request.url] = size["responseBodySize"] + size["responseHeadersSize"]
    return sizes


@pytest.mark.parametrize("kind", ["track", "collection", "embed"])
def test_the_page_with_its_player_is_light(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]], kind: str
) -> None:
    target = collect(owner, songs)["id"] if kind == "collection" else songs[0]["id"]
    url = share(owner, target)["url"]
    seen = visit()
    seen.page.goto(url.replace("/v1/music/shared/", "/embed/") if kind == "embed" else url)
    seen.page.wait_for_selector("html.alive")
    seen.page.wait_for_load_state("networkidle")
    sizes = bytes_of(seen.requests)
    assert len(sizes) >= 8, "the page, its style, its scripts"
    assert 10_000 < sum(sizes.values()) <= MOST_BYTES
    print(kind, sum(sizes.values()), "bytes in", len(sizes), "requests")


@of_folder
def test_nobody_else_is_asked_and_no_referer_is_sent(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path, other_site: Site
) -> None:
    path = add_cover(make("mp3_xing", tmp_path / "a.mp3", sample_count=44_100 * 20), make_picture())
    track = upload(owner, path)
    wait_for_sound(owner, track["id"])
    link = share(owner, track["id"], allow_download=True)
    seen = visit()
    page = open_page(seen, link)
    page.locator("#play").click()
    wait_until_past(page, 1)
    page.locator("#seek").fill("9")
    with page.expect_download():
        page.locator("#download").click()
    assert any("/v1/music/picture/" in path for path in seen.paths())
    assert any("/v1/music/audio/" in path for path in seen.paths())
    assert seen.hosts() == {f"127.0.0.1:{server.port}"}
    assert seen.referers() == []
    assert (seen.blocked, seen.errors) == ([], [])
    # Whoever is led away from it takes nothing along. (That a Referer is noted: test_witness.py.)
    other_site.pages["/elsewhere"] = "There."
    page.evaluate("url => { location.href = url }", other_site.url + "/elsewhere")
    page.wait_for_url("**/elsewhere")
    assert ("/elsewhere", None) in other_site.asked


def test_the_content_is_there_before_any_script(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    for target, title in ((songs[0]["id"], "Song 0"), (collect(owner, songs)["id"], "Evenings")):
        seen = visit()
        seen.page.route("**/*.js", lambda route: route.abort())
        seen.page.goto(share(owner, target)["url"])
        assert seen.page.locator("html.alive").count() == 0
        assert seen.page.text_content("h1") == title
        for shown in ("h1", "#play", "#licence-sentence", ".art"):
            assert seen.page.locator(shown).is_visible()
        paint = seen.page.evaluate(
            "() => new Promise(done => new PerformanceObserver(list => done(list.getEntries()[0].startTime))"
            ".observe({type: 'paint', buffered: true}))"
        )
        assert paint > 0
        print(title, "first paint after", round(paint), "ms")


@of_folder
def test_sound_is_one_round_trip_behind_the_press(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    """What the sound waits for is the open alone: the silence for the phone's gesture never comes here."""
    link = share(owner, songs[0]["id"])
    seen = visit()
    page = open_page(seen, link)
    page.wait_for_load_state("networkidle")
    held: list[Route] = []
    page.route(f"**{ASSETS['silence.wav'].path}", lambda route: held.append(route))
    before = len(seen.requests)
    page.locator("#play").click()
    wait_until_past(page, 0)
    asked = [path for path in seen.paths()[before:] if path != ASSETS["silence.wav"].path]
    media = next(place for place, path in enumerate(asked) if "/v1/music/audio/" in path)
    # The events' channel may be asked for beside the media; the media doesn't wait for it.
    waited_for = [path for path in asked[:media] if not path.endswith("/events")]
    assert waited_for == [f"/v1/music/shared/{link['token']}"]
