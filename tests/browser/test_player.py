"""The page in Chromium, against the real server: it plays, goes on, and stops, as a listener expects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import SHARED, Visit, open_visit
from browser.listening import (
    Visits,
    hurry,
    open_page,
    opens,
    seconds,
    wait_until_past,
)
from cast import Server, share
from engines import of_folder

TTL_SECONDS = 10
LONG_CUT = TTL_SECONDS + 6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"TRUSTED_PROXIES": "127.0.0.1/32", "PLAYBACK_TTL_SECONDS": str(TTL_SECONDS)}
    running = Server(tmp_path_factory.mktemp("instance") / "data", settings)
    running.create()
    running.start()
    yield running
    running.stop()


@dataclass
class Waiting:
    """A window where something has begun that takes its time."""

    window: Visit
    page: Page
    link: dict[str, Any]
    began_at: float

    def after(self, seconds: int) -> tuple[Visit, Page, dict[str, Any]]:
        """It, once it's so old."""
        self.page.wait_for_timeout(max(0.0, self.began_at + seconds - time.monotonic()) * 1000)
        return self.window, self.page, self.link


def begin_pause(window: Visit, owner: httpx.Client, song: dict[str, Any]) -> Waiting:
    """It played, and doesn't any more."""
    link = share(owner, song["id"], max_opens=1)
    page = open_page(window, link)
    page.locator("#play").click()
    wait_until_past(page, 1)
    page.locator("#play").click()
    return Waiting(window, page, link, time.monotonic())


def begin_cut(window: Visit, owner: httpx.Client, album: dict[str, Any]) -> Waiting:
    """It played, the network is gone, and another track is wanted."""
    link = share(owner, album["id"])
    page = open_page(window, link)
    page.locator("#play").click()
    wait_until_past(page, 0)
    window.context.set_offline(True)
    page.get_by_role("button", name="Song 0").click()
    expect(page.locator("#status")).to_contain_text("no connection")
    return Waiting(window, page, link, time.monotonic())


@pytest.fixture(scope="module", autouse=True)
def begun(
    owner: httpx.Client, songs: list[dict[str, Any]], album: dict[str, Any]
) -> Iterator[dict[str, Waiting]]:
    """What takes long, begun before the first test: the others go on meanwhile."""
    windows = [open_visit(SHARED.get()) for _ in range(2)]
    yield {
        "cut": begin_cut(windows[0], owner, album),
        "pause": begin_pause(windows[1], owner, songs[0]),
    }
    for window in windows:
        window.context.close()


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
    hurry(window)
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
    page.get_by_role("button", name="Song 2").click()
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
    page.locator("#licence summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#fact-class")).to_be_visible()


@of_folder
def test_a_url_that_ended_during_a_pause_is_renewed_uncounted(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]], begun: dict[str, Waiting]
) -> None:
    pause = begun.pop("pause", None) or begin_pause(visit(), owner, songs[0])
    window, page, link = pause.after(TTL_SECONDS + 2)
    place = seconds(page)
    first = next(url for url in window.paths() if "/audio/" in url)
    page.locator("#play").click()
    wait_until_past(page, place + 1)
    assert seconds(page) < place + 15
    last = [url for url in window.paths() if "/audio/" in url][-1]
    assert first != last
    assert opens(owner, link) == 1


@pytest.mark.parametrize("cut_seconds", [1, LONG_CUT])
def test_a_cut_network_is_told_and_it_goes_on_by_itself(
    visit: Visits,
    owner: httpx.Client,
    album: dict[str, Any],
    begun: dict[str, Waiting],
    cut_seconds: int,
) -> None:
    """Also when that took longer than the page tries by itself, and than a playback URL is good."""
    cut = begun.pop("cut", None) if cut_seconds == LONG_CUT else None
    cut = cut or begin_cut(visit(), owner, album)
    window, page, _ = cut.after(cut_seconds)
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
