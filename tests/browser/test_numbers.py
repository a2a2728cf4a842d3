"""How far a track was heard, as Chromium plays it and the desk tells it: once, whatever is loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Response, expect

from browser.chromium import Visit
from browser.desk import AtDesk
from browser.listening import Visits, hurry, open_page, seconds
from browser.test_accessibility import violations
from browser.test_desk_links import BROWSER, numbers
from cast import Server, share, upload
from engines import of_folder
from journeys.mailed import wait_for
from live.load import FULL
from media.make_audio import make

pytestmark = of_folder

# Here the song is shorter, but longer than the 30 seconds that are a listen.
SECONDS, RATE = 80 if FULL else 44, 44_100


@pytest.fixture
def long_song(owner: httpx.Client, tmp_path: Path) -> dict[str, Any]:
    """One of each test's own: its numbers are those of all its links, and a test may be tried twice."""
    path = make("wav16", tmp_path / "long.wav", sample_count=RATE * SECONDS, channels=1)
    return upload(owner, path, title="Long")


def part(of_80: int) -> int:
    """So far into the song as that is into one of 80 seconds."""
    return of_80 * SECONDS // 80


def hear(page: Page, until: float, quarter: int) -> None:
    """Play until there, and wait until it's answered that this quarter was reached."""

    def is_told(answer: Response) -> bool:
        sent = answer.request.post_data_json if answer.url.endswith("/listen") else None
        return sent is not None and sent.get("quarter") == quarter and answer.status == 204

    with page.expect_response(is_told, timeout=60_000):
        page.locator("#play").click()
        page.wait_for_function("place => sound.currentTime >= place", arg=until, timeout=60_000)
    page.locator("#play").click()


def told(owner: httpx.Client, link: dict[str, Any]) -> dict[str, Any]:
    stats: dict[str, Any] = owner.get(f"/share/{link['id']}/stats").json()
    return stats


def check_quarters(page: Page, *numbers: str) -> None:
    expect(page.locator("#quarters td")).to_have_text(numbers)


def reports(visit: Visit) -> list[str]:
    """What the page told of what was heard, in order."""
    asked = [one for one in visit.requests if one.url.endswith("/listen")]
    return [str((one.post_data_json or {}).get("quarter")) for one in asked]


def test_60_of_80_seconds_are_three_quarters_once_and_a_reload_adds_nothing(
    visit: Visits, server: Server, owner: httpx.Client, long_song: dict[str, Any]
) -> None:
    link = share(owner, long_song["id"], label="Ana")
    window = visit(user_agent=BROWSER)
    hurry(window)
    page = open_page(window, link)
    hear(page, part(60), quarter=3)
    # What stands there is up to a quarter of a second old, in which three quarters of one are heard.
    assert part(60) - 1 <= seconds(page) < part(60) + 10
    # A listen and a quarter are answered in any order.
    wait_for(lambda: told(owner, link)["listens"] == 1)
    heard = told(owner, link)
    assert heard["quarters"] == {"quarter": 0, "half": 0, "three_quarters": 1, "whole": 0}
    assert (heard["opens"], heard["listens"], heard["by_agent"]["person"]) == (1, 1, 1)
    assert sorted(reports(window)) == ["1", "2", "3", "None"]

    # Left, and loaded again: another place alone would be the same page.
    page.goto("about:blank")
    page = open_page(window, link, f"#t=0:0{part(5)}")
    hear(page, part(27), quarter=1)
    httpx.get(link["url"], headers={"Accept": "application/json", "User-Agent": "curl/8.1"})
    after = told(owner, link)
    assert (after["quarters"], after["listens"]) == (heard["quarters"], 1)
    assert after["by_agent"] == heard["by_agent"] | {"program": 1}
    (day,) = after["days"]
    assert day["listeners"] == 1

    check_the_desk(visit(user_agent=BROWSER), server, link, long_song)
    assert not window.blocked


def check_the_desk(
    at_desk: Visit, server: Server, link: dict[str, Any], long_song: dict[str, Any]
) -> None:
    """It tells the same, by the link and by its label, and as a table."""
    desk = AtDesk(server, at_desk.page)
    desk.sign_in()
    shown = desk.go(f"/desk/links/{link['id']}")
    check_quarters(shown, "0", "0", "1", "0")
    assert numbers(shown)["opens"] == "2"
    assert shown.locator(".heard rect").count() == 1
    desk.go(f"/desk/tracks/{long_song['id']}")
    shown.get_by_role("link", name="Numbers").click()
    check_quarters(shown, "0", "0", "1", "0")
    assert violations(shown) == []
    row = shown.locator("#by-label tbody tr")
    expect(row.get_by_role("rowheader")).to_contain_text("Ana")
    assert row.locator("td").all_inner_texts()[:8] == ["2", "1", "1", "0", "0", "1", "0", "0"]
    with shown.expect_download() as given:
        shown.get_by_role("link", name="Download CSV").click()
    assert given.value.suggested_filename == f"{long_song['id']}-links.csv"
    assert "Ana" in given.value.path().read_text()
    assert not at_desk.blocked


def test_a_jump_is_not_heard(visit: Visits, owner: httpx.Client, long_song: dict[str, Any]) -> None:
    link = share(owner, long_song["id"])
    window = visit(user_agent=BROWSER)
    hurry(window)
    page = open_page(window, link)
    page.locator("#play").click()
    page.wait_for_function("() => sound.currentTime > 1")
    bar = page.locator("#seek").bounding_box()
    assert bar is not None
    page.mouse.click(bar["x"] + bar["width"] * 52 / 80, bar["y"] + bar["height"] / 2)
    page.locator("#play").click()
    assert seconds(page) >= part(51) - 1
    hear(page, part(76), quarter=1)
    assert told(owner, link)["quarters"]["quarter"] == 1
    assert reports(window) == ["1"]
