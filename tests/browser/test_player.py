"""The page in Chromium, against the real server: it plays, goes on, and stops, as a listener expects."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import SIZES, Site, Visit
from cast import Server, share, upload
from media.make_audio import make

TTL_SECONDS = 10
RATE = 44_100
SECONDS = (50, 40, 3)
Visits = Callable[..., Visit]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"TRUSTED_PROXIES": "127.0.0.1/32", "PLAYBACK_TTL_SECONDS": str(TTL_SECONDS)}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("audio")
    paths = [
        make("wav16", folder / f"{number}.wav", sample_count=RATE * seconds, channels=1)
        for number, seconds in enumerate(SECONDS)
    ]
    return [upload(owner, path, title=f"Song {n}") for n, path in enumerate(paths)]


@pytest.fixture(scope="module")
def album(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = owner.post("/collections", json={"name": "Evenings"}).json()
    for song in reversed(songs):
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song["id"]})
    return made


def open_page(visit: Visit, link: dict[str, Any], fragment: str = "") -> Page:
    visit.page.goto(link["url"] + fragment)
    visit.page.wait_for_selector("html.alive")
    return visit.page


def seconds(page: Page) -> int:
    minutes, rest = str(page.text_content("#elapsed")).split(":")
    return int(minutes) * 60 + int(rest)


def wait_until_past(page: Page, place: int) -> None:
    """Until it's heard further on: the time moves only while it sounds."""
    page.wait_for_function(
        """place => { const [minutes, rest] = document.getElementById("elapsed").textContent.split(":");
        return Number(minutes) * 60 + Number(rest) > place }""",
        arg=place,
        timeout=20_000,
    )


def opens(owner: httpx.Client, link: dict[str, Any]) -> int:
    return int(owner.get(f"/share/{link['id']}").json()["opens"])


def test_play_pause_seek_and_only_one_open(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], max_opens=1)
    page = open_page(visit(), link)
    expect(page.locator("#total")).to_have_text("0:50")
    assert opens(owner, link) == 0
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 1)
    page.get_by_role("button", name="Pause").click()
    stopped_at = seconds(page)
    page.wait_for_timeout(1500)
    assert seconds(page) == stopped_at
    box = page.locator("#seek").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    expect(page.locator("#elapsed")).to_have_text("0:40")
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 41)
    assert opens(owner, link) == 1


def test_a_reload_goes_on_where_it_was_though_the_link_is_spent(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], max_opens=1)
    window = visit()
    page = open_page(window, link, "#t=0:31")
    expect(page.locator("#elapsed")).to_have_text("0:31")
    page.locator("#play").click()
    wait_until_past(page, 35)
    page.goto("about:blank")
    answer = page.goto(link["url"])
    assert answer is not None
    assert answer.status == 404
    page.wait_for_selector("html.alive")
    expect(page.locator("h1")).to_have_text("Song 0")
    assert seconds(page) >= 34
    place = seconds(page)
    page.locator("#play").click()
    wait_until_past(page, place + 1)
    assert opens(owner, link) == 1
    stranger = visit().page
    stranger.goto(link["url"])
    expect(stranger.locator("h1")).to_have_text("This share link is no longer available.")


def test_a_collection_plays_on_by_itself_and_by_its_buttons(
    visit: Visits, owner: httpx.Client, album: dict[str, Any]
) -> None:
    link = share(owner, album["id"])
    page = open_page(visit(), link)
    current = page.locator("[aria-current]")
    page.locator("#play").click()
    expect(current).to_contain_text("Song 2")
    expect(current).to_contain_text("Song 1", timeout=20_000)
    wait_until_past(page, 0)
    page.get_by_role("button", name="Next").click()
    expect(current).to_contain_text("Song 0")
    expect(page.get_by_role("button", name="Next")).to_be_disabled()
    page.get_by_role("button", name="Previous").click()
    expect(current).to_contain_text("Song 1")
    page.get_by_role("button", name="Play Song 2").click()
    expect(current).to_contain_text("Song 2")
    assert opens(owner, link) == 1


def test_everything_can_be_done_by_keyboard(
    visit: Visits, owner: httpx.Client, album: dict[str, Any]
) -> None:
    page = open_page(visit(), share(owner, album["id"]))
    page.keyboard.press(" ")
    wait_until_past(page, 0)
    page.locator("#next").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[aria-current]")).to_contain_text("Song 1")
    page.locator("#seek").focus()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    assert seconds(page) > 20
    page.locator("#play").focus()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.locator("#volume").focus()
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.getElementById('volume').value") == "80"
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fact-class")).to_be_visible()


def test_a_url_that_ended_during_a_pause_is_renewed_uncounted(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], max_opens=1)
    window = visit()
    page = open_page(window, link)
    page.locator("#play").click()
    wait_until_past(page, 1)
    page.locator("#play").click()
    place = seconds(page)
    page.wait_for_timeout((TTL_SECONDS + 2) * 1000)
    first = next(url for url in window.paths() if "/audio/" in url)
    page.locator("#play").click()
    wait_until_past(page, place + 1)
    assert seconds(page) < place + 15
    last = [url for url in window.paths() if "/audio/" in url][-1]
    assert first != last
    assert opens(owner, link) == 1


def test_a_cut_network_is_told_and_it_goes_on_by_itself(
    visit: Visits, owner: httpx.Client, album: dict[str, Any]
) -> None:
    window = visit()
    page = open_page(window, share(owner, album["id"]))
    page.locator("#play").click()
    wait_until_past(page, 0)
    window.context.set_offline(True)
    page.get_by_role("button", name="Play Song 0").click()
    expect(page.locator("#status")).to_contain_text("no connection")
    window.context.set_offline(False)
    expect(page.locator("[aria-current]")).to_contain_text("Song 0")
    wait_until_past(page, 0)


def test_a_revoked_link_falls_silent_within_two_seconds_and_says_so(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"])
    page = open_page(visit(), link)
    page.locator("#play").click()
    wait_until_past(page, 1)
    owner.delete(f"/share/{link['id']}").raise_for_status()
    revoked_at = time.monotonic()
    expect(page.locator("#status")).to_have_text(
        "This link was closed. Nothing more is played.", timeout=8000
    )
    # One look a second; what is more than two is a busy machine.
    assert time.monotonic() - revoked_at < 4
    place = seconds(page)
    page.wait_for_timeout(1500)
    assert seconds(page) == place
    expect(page.locator("#play")).to_be_disabled()


def test_a_hidden_preview_shows_itself_once_it_plays(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    page = open_page(visit(), share(owner, songs[0]["id"], preview=False))
    expect(page.locator("h1")).to_have_text("Shared music")
    page.locator("#play").click()
    expect(page.locator("h1")).to_have_text("Song 0")
    expect(page.locator("#licence")).to_be_visible()
    wait_until_past(page, 0)


def test_too_many_requests_and_removed_music_are_told_in_words(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "a.wav"))
    link = share(owner, track["id"])
    window = visit(extra_http_headers={"X-Forwarded-For": "198.51.100.77"})
    page = open_page(window, link)
    with server.listener("198.51.100.77") as same:
        for _ in range(130):
            if same.get(link["url"]).status_code == 429:
                break
    page.locator("#play").click()
    expect(page.locator("#status")).to_contain_text("Too many requests")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    other = open_page(visit(), link)
    owner.delete(f"/tracks/{track['id']}").raise_for_status()
    other.locator("#play").click()
    expect(other.locator("#status")).to_have_text("The creator has removed this music.")


def test_without_javascript_the_play_button_leads_to_native_controls(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[2]["id"], max_opens=1)
    page = visit(java_script_enabled=False).page
    page.goto(link["url"])
    expect(page.locator("h1")).to_have_text("Song 2")
    page.get_by_role("button", name="Play").click()
    page.wait_for_url("**/listening/*")
    audio = page.locator("audio")
    expect(audio).to_be_visible()
    assert httpx.get(str(audio.get_attribute("src"))).status_code == 200
    assert opens(owner, link) == 1


def test_it_plays_in_another_sites_frame(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]], other_site: Site
) -> None:
    link = share(owner, songs[0]["id"])
    told = httpx.get(link["url"].split("/v1/")[0] + "/oembed", params={"url": link["url"]}).json()
    address = other_site.url.replace("127.0.0.1", "localhost")
    other_site.pages["/blog"] = f"<!doctype html><title>Blog</title>{told['html']}"
    window = visit()
    window.page.goto(address + "/blog")
    frame = window.page.frame_locator("iframe")
    frame.locator("html.alive").wait_for()
    frame.locator("#play").click()
    expect(frame.locator("#elapsed")).to_have_text("0:02", timeout=20_000)
    assert not window.blocked
    assert opens(owner, link) == 1
    # The page itself is in nobody's frame.
    other_site.pages["/thief"] = f'<!doctype html><title>Thief</title><iframe src="{link["url"]}">'
    window.page.goto(address + "/thief")
    window.page.wait_for_timeout(500)
    assert window.page.frame_locator("iframe").locator("#play").count() == 0


@pytest.mark.parametrize("size", sorted(SIZES))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_any_size(
    visit: Visits, owner: httpx.Client, album: dict[str, Any], size: str, scheme: str
) -> None:
    page = open_page(visit(viewport=SIZES[size], color_scheme=scheme), share(owner, album["id"]))
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= shown
    for name in ("#play", "#next", "#previous"):
        box = page.locator(name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
