"""A person's tracks in a browser: heard in their rows and on their pages, found, renamed, removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from browser.desk import AtDesk
from browser.desk_music import IS_SOUNDING, NAMES, make_song, put_in
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from cast import Server, share, upload
from engines import of_folder

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_song(tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, wav: Path) -> dict[str, str]:
    return put_in(owner, wav)


@pytest.fixture
def desk(visit: Visits, server: Server, songs: dict[str, str]) -> Iterator[AtDesk]:
    """Somebody at their list, about whom all is well at the end."""
    seen = visit()
    at = AtDesk(server, seen.page)
    at.sign_in()
    at.go("/desk")
    yield at
    nothing_was_wrong(seen, server)


def row(page: Page, title: str) -> Any:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title, exact=True))


def test_a_track_is_heard_in_its_row_and_only_one_at_a_time(desk: AtDesk) -> None:
    page = desk.page
    first, second = row(page, NAMES[0]), row(page, NAMES[1])
    expect(first.get_by_role("link", name="Play")).to_have_count(0)
    first.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(IS_SOUNDING)
    expect(first.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    second.get_by_role("button", name="Play", exact=True).click()
    expect(second.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(first.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.wait_for_function(IS_SOUNDING)
    second.get_by_role("button", name="Pause", exact=True).click()
    assert page.evaluate("document.getElementById('sound').paused")
    before = page.evaluate("document.getElementById('sound').currentTime")
    second.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(IS_SOUNDING)
    assert page.evaluate("document.getElementById('sound').currentTime") >= before


def test_what_cannot_be_heard_now_is_told_and_heard_later(desk: AtDesk, server: Server) -> None:
    page, refused = desk.page, []
    asked, sounds = "**/v1/music/org_*/tracks/*", "**/v1/music/audio/**"

    def refuse_once(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) == 1:
            route.fulfill(status=403)
        else:
            route.continue_()

    page.route(sounds, refuse_once)
    row(page, NAMES[0]).get_by_role("button", name="Play").click()
    page.wait_for_function(IS_SOUNDING)
    assert len(refused) >= 2, "an address that ended is asked for anew"
    page.unroute(sounds)
    page.route(sounds, lambda route: route.fulfill(status=403))
    row(page, NAMES[1]).get_by_role("button", name="Play").click()
    status = page.locator("#sound-status")
    expect(status).to_have_text("This can't be played now.")
    expect(row(page, NAMES[1]).get_by_role("button", name="Play")).to_be_visible()
    page.unroute(sounds)
    page.route(asked, lambda route: route.abort())
    row(page, NAMES[2]).get_by_role("button", name="Play").click()
    expect(status).to_have_text("There is no connection. Try again in a moment.")
    page.unroute(asked)
    row(page, NAMES[2]).get_by_role("button", name="Play").click()
    page.wait_for_function(IS_SOUNDING)
    expect(status).to_have_text("")


def test_tracks_are_searched_and_sorted(desk: AtDesk) -> None:
    page = desk.page
    titles = page.locator("#tracks .what a")
    expect(titles).to_have_text(list(reversed(NAMES)))
    page.get_by_label("Search by title or artist").fill("LATE ana")
    page.keyboard.press("Enter")
    expect(titles).to_have_text([NAMES[2]])
    expect(page.get_by_label("Search by title or artist")).to_have_value("LATE ana")
    page.get_by_role("link", name="Show all").click()
    page.get_by_label("Sort").select_option("By title")
    desk.press("Search")
    page.wait_for_url(re.compile("sort=title"))
    expect(titles).to_have_text(list(NAMES))
    expect(page.get_by_label("Sort")).to_have_value("title")
    page.get_by_label("Search by title or artist").fill("nowhere")
    desk.press("Search")
    expect(page.get_by_text("Nothing here has all of these words")).to_be_visible()


def test_a_track_is_heard_on_its_page_with_its_waveform(
    desk: AtDesk, songs: dict[str, str]
) -> None:
    page = desk.go(songs[NAMES[1]])
    expect(page.get_by_role("heading", level=1)).to_have_text(NAMES[1])
    expect(page.locator("audio")).to_be_hidden()
    drawn = """() => { const wave = document.getElementById("wave");
      const { data } = wave.getContext("2d").getImageData(0, 0, wave.width, wave.height);
      return data.filter((value, place) => place % 4 === 3 && value > 0).length }"""
    assert page.evaluate(drawn) > 500
    desk.press("Play")
    page.wait_for_function(IS_SOUNDING)
    position = page.get_by_label("Position")
    position.focus()
    position.fill("20")
    page.wait_for_function("() => document.getElementById('sound').currentTime > 20.2")
    expect(position).to_have_attribute("aria-valuetext", re.compile(r"0:2\d of 0:30"))
    desk.press("Pause")
    assert page.evaluate("document.getElementById('sound').paused")


def test_a_track_is_renamed_and_what_is_wrong_stands_beside_its_field(
    desk: AtDesk, owner: httpx.Client, wav: Path
) -> None:
    track = upload(owner, wav, title="Old name")["id"]
    page = desk.go(f"/desk/tracks/{track}")
    title = page.get_by_label("Title", exact=True)
    title.fill("x" * 600)
    page.get_by_label("Artist").fill("Ben")
    page.get_by_label("Voice").select_option("Instrumental")
    desk.press("Save")
    expect(title).to_have_accessible_description("The title is longer than 512 characters.")
    expect(title).to_have_value("x" * 600)
    expect(page.get_by_label("Artist")).to_have_value("Ben")
    expect(page.get_by_label("Voice")).to_have_value("yes")
    title.fill("New name")
    desk.press("Save")
    expect(page.get_by_role("status").first).to_have_text("The track is changed.")
    expect(page.get_by_role("heading", level=1)).to_have_text("New name")
    owner.delete(f"/tracks/{track}").raise_for_status()


def test_the_original_is_taken_along_as_it_was_put_in(
    desk: AtDesk, songs: dict[str, str], wav: Path
) -> None:
    page = desk.go(songs[NAMES[0]])
    with page.expect_download() as told:
        page.get_by_role("link", name="Download original").click()
    assert told.value.suggested_filename == "Élan.wav"
    assert told.value.path().read_bytes() == wav.read_bytes()


def test_a_track_is_removed_only_when_that_is_said_twice(
    desk: AtDesk, owner: httpx.Client, wav: Path
) -> None:
    track = upload(owner, wav, title="Going")["id"]
    share(owner, track)
    page = desk.go(f"/desk/tracks/{track}")
    desk.press("Remove track")
    expect(page.get_by_text("1 link to it goes dark")).to_be_visible()
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Going")
    desk.press("Remove track")
    desk.press("Remove track")
    page.wait_for_url("**/desk?done=track_removed")
    expect(page.get_by_role("status").first).to_have_text("The track is removed.")
    expect(page.get_by_role("link", name="Going", exact=True)).to_have_count(0)


def test_the_keyboard_alone_finds_and_plays(desk: AtDesk) -> None:
    page = desk.page
    page.get_by_label("Search by title or artist").focus()
    page.keyboard.type("elan")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk?q=elan*")
    page.get_by_label("Search by title or artist").focus()
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()")
        )
    assert reached[:3] == ["sort", "Search", "Show all"]
    assert reached[3].startswith("mtrack_")
    assert reached[4:] == ["Play", "Share"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    page.wait_for_function(IS_SOUNDING)
    assert page.evaluate("document.activeElement.textContent") == "Pause"
