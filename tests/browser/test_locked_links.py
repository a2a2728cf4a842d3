"""A link with a password as a listener in Chromium meets it: on its page, and in another site's frame."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import SIZES, Site, Visit
from browser.listening import Visits, wait_until_past
from browser.test_accessibility import violations
from cast import share

PASSWORD = "harbour-lights & träume"
CLOSED = "This link was closed. Nothing more is played."


@pytest.fixture
def link(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    return share(owner, songs[0]["id"], password=PASSWORD)


def give(page: Page, password: str) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()


def nothing_was_wrong(seen: Visit) -> None:
    assert (seen.blocked, seen.ran, seen.errors) == ([], [], [])


def test_the_page_asks_once_and_then_plays(
    visit: Visits, owner: httpx.Client, link: dict[str, Any]
) -> None:
    seen = visit(viewport=SIZES["phone"])
    page = seen.page
    page.goto(link["url"])
    expect(page.get_by_label("Password")).to_be_focused()
    assert "Song 0" not in page.content()
    give(page, "another one")
    expect(page.get_by_role("alert")).to_have_text("This isn't the link's password.")
    give(page, PASSWORD)
    page.wait_for_selector("html.alive")
    assert page.url == link["url"]
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 1)
    # It's asked no more in this browser, and nowhere kept where a script could read it.
    page.reload()
    page.wait_for_selector("html.alive")
    kept = page.evaluate("[document.cookie, {...sessionStorage, ...localStorage}]")
    assert kept[0] == ""
    assert "su1." not in str(kept[1])
    assert owner.get(f"/share/{link['id']}").json()["opens"] >= 1
    nothing_was_wrong(seen)
    elsewhere = visit().page
    elsewhere.goto(link["url"])
    expect(elsewhere.get_by_label("Password")).to_be_visible()


def test_another_password_ends_what_plays(
    visit: Visits, owner: httpx.Client, link: dict[str, Any]
) -> None:
    page = visit().page
    page.goto(link["url"])
    give(page, PASSWORD)
    page.wait_for_selector("html.alive")
    page.get_by_role("button", name="Play").click()
    wait_until_past(page, 0)
    owner.patch(f"/share/{link['id']}", json={"password": "of-tomorrow"}).raise_for_status()
    expect(page.locator("#status")).to_have_text(CLOSED, timeout=15_000)
    page.reload()
    give(page, PASSWORD)
    expect(page.get_by_role("alert")).to_be_visible()
    give(page, "of-tomorrow")
    page.wait_for_selector("html.alive")


def test_a_frame_asks_in_itself_and_plays(
    visit: Visits, link: dict[str, Any], other_site: Site
) -> None:
    url = link["url"].replace("/v1/music/shared/", "/embed/")
    other_site.pages["/locked"] = (
        "<!doctype html><title>Blog</title>"
        f"<iframe src='{url}' width='480' height='180' allow='autoplay' "
        "sandbox='allow-scripts allow-forms'></iframe>"
    )
    seen = visit()
    seen.page.goto(other_site.url + "/locked")
    frame = seen.page.frame_locator("iframe")
    frame.get_by_label("Password").fill(PASSWORD)
    frame.get_by_role("button", name="Go on").click()
    frame.locator("html.alive").wait_for()
    frame.get_by_role("button", name="Play").click()
    expect(frame.locator("#elapsed")).not_to_have_text("0:00", timeout=20_000)
    nothing_was_wrong(seen)


def test_the_form_is_for_everybody(visit: Visits, link: dict[str, Any]) -> None:
    """On phone and desk, light and dark."""
    seen = visit(bypass_csp=True)
    seen.page.goto(link["url"])
    assert violations(seen.page) == []
    give(seen.page, "another one")
    expect(seen.page.get_by_role("alert")).to_be_visible()
    assert violations(seen.page) == []
