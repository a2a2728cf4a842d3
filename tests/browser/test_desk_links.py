"""Links at the desk in a browser: found, changed, given a new address, closed, and seen to be heard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.chromium import Visit
from browser.desk import AtDesk
from browser.listening import Visits, open_page, seconds, wait_until_past
from cast import Server, share
from engines import of_folder

pytestmark = of_folder

# One without a screen calls itself so, and looks like a program that makes previews.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"


@pytest.fixture
def seen(visit: Visits) -> Visit:
    return visit()


@pytest.fixture
def desk(seen: Visit, server: Server) -> Iterator[AtDesk]:
    """The owner, signed in; nothing is blocked meanwhile, and no other site is asked."""
    at_desk = AtDesk(server, seen.page)
    at_desk.sign_in()
    yield at_desk
    assert (seen.blocked, seen.ran) == ([], [])
    assert seen.hosts() <= {f"localhost:{server.port}"}


def titles(page: Page) -> list[str]:
    return page.locator(".rows b a").all_inner_texts()


def numbers(page: Page) -> dict[str, str]:
    return {
        str(tile.get_attribute("data-tile")): tile.inner_text()
        for tile in page.locator("[data-tile]").all()
    }


def test_links_are_found_by_state_and_label(
    desk: AtDesk, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    target = owner.post("/collections", json={"name": "Found"}).json()["id"]
    made = [share(owner, target, label=label) for label in ("Zoë & Ana", "Ben", "Ana again")]
    owner.delete(f"/share/{made[2]['id']}")
    page = desk.go(f"/desk/links?target={target}")
    assert titles(page) == ["Ana again", "Ben", "Zoë & Ana"]
    page.get_by_label("Search by label").fill("ANA")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=ANA**")
    assert titles(page) == ["Ana again", "Zoë & Ana"]
    expect(page.get_by_label("Search by label")).to_have_value("ANA")
    page.get_by_label("State").select_option("open")
    desk.press("Search")
    page.wait_for_url("**state=active**")
    assert titles(page) == ["Zoë & Ana"]
    row = page.get_by_role("listitem").filter(has_text="Zoë & Ana")
    expect(row.locator(".tag")).to_have_text("open")
    expect(row.get_by_role("link", name="Found")).to_have_attribute(
        "href", f"/desk/collections/{target}"
    )
    page.get_by_role("link", name="Zoë & Ana").click()
    page.wait_for_url(f"**/desk/links/{made[0]['id']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Zoë & Ana")


def test_the_link_is_copied_as_it_was_made(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    seen = visit(permissions=["clipboard-read", "clipboard-write"])
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    link = share(owner, songs[0]["id"])
    page = desk.go(f"/desk/links/{link['id']}")
    desk.press("Copy link")
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == link["url"]


def test_terms_are_changed_as_they_are_read(
    desk: AtDesk, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], label="Ana", expires_in_days=1)
    page = desk.go(f"/desk/links/{link['id']}")
    desk.press("Change")
    page.get_by_label("Label", exact=True).fill("Ana and Ben")
    page.get_by_label("Opens", exact=True).fill("7")
    page.get_by_label("Only when somebody presses play").check()
    desk.press("Change")
    expect(page.get_by_role("status").first).to_have_text("The link's terms are changed.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana and Ben")
    expect(page.get_by_text("It opens 7 times; opens left: 7.")).to_be_visible()
    told = owner.get(f"/share/{link['id']}").json()
    assert (told["max_opens"], told["strict_open"]) == (7, True)
    assert told["expires_at"] == link["expires_at"], "what wasn't touched stays, to the second"


def test_a_new_address_opens_and_the_old_one_is_dead(
    desk: AtDesk, visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"])
    stranger = open_page(visit(), link)
    page = desk.go(f"/desk/links/{link['id']}")
    desk.press("New address")
    expect(page.get_by_role("heading", level=1)).to_have_text("A new address for this link?")
    page.get_by_role("link", name="Back to the link").click()
    expect(page.get_by_label("Address", exact=True)).to_have_value(link["url"])
    for _ in range(2):
        desk.press("New address")
    page.wait_for_url("**?done=link_turned")
    url = page.get_by_label("Address", exact=True).input_value()
    assert url != link["url"]
    assert stranger.goto(link["url"]).status == 404  # type: ignore[union-attr]
    stranger.goto(url)
    stranger.wait_for_selector("html.alive")
    stranger.locator("#play").click()
    wait_until_past(stranger, 0)


def test_closing_silences_whoever_listens(
    desk: AtDesk, visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], label="Closed soon")
    stranger = open_page(visit(), link)
    stranger.locator("#play").click()
    wait_until_past(stranger, 1)
    page = desk.go(f"/desk/links/{link['id']}")
    desk.press("Close link")
    expect(page.get_by_text("is cut off within 1 second.")).to_be_visible()
    desk.press("Close link")
    expect(page.get_by_role("status").first).to_have_text("The link is closed.")
    expect(stranger.locator("#status")).to_contain_text("This link was closed.", timeout=8000)
    place = seconds(stranger)
    stranger.wait_for_timeout(1200)
    assert seconds(stranger) == place
    expect(page.get_by_role("button", name="Close link")).to_have_count(0)
    desk.go("/desk/links?q=closed+soon")
    assert titles(page) == ["Closed soon"]


def test_numbers_rise_while_somebody_looks_and_the_chart_is_the_table_is_the_api(
    desk: AtDesk, visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"])
    page = desk.go(f"/desk/links/{link['id']}")
    assert set(numbers(page).values()) == {"0"}
    stranger = open_page(visit(user_agent=BROWSER), link)
    stranger.locator("#play").click()
    wait_until_past(stranger, 0)
    expect(page.locator('[data-tile="opens"]')).to_have_text("1", timeout=12_000)
    assert numbers(page) == {
        "opens": "1", "listens": "0", "listeners": "1", "listening": "1", "downloads": "0",
    }  # fmt: skip
    httpx.get(link["url"], headers={"Accept": "application/json"})
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator('[data-tile="opens"]')).to_have_text("2")
    (day,) = owner.get(f"/share/{link['id']}/stats").json()["days"]
    told = [str(day[name]) for name in ("opens", "listens", "listeners", "bot_requests")]
    page.get_by_text("The same as a table").click()
    assert page.locator("#days tbody td").all_inner_texts() == told
    assert page.locator("#days tfoot td").all_inner_texts() == told
    chart = page.get_by_role("img", name=re.compile("^Opens and listens by day"))
    (bar,) = chart.locator("g").all()
    assert str(bar.locator("title").text_content()).endswith(
        f": opens {told[0]}, listens {told[1]}"
    )
    # The highest there is: two of two.
    assert (day["opens"], bar.locator(".opens").get_attribute("height")) == (2, "100.0")
    assert page.locator("#sources td").all_inner_texts() == ["1", "1", "0", "0"]
    assert "a browser opened it" in page.locator("#requests").inner_text()


def test_numbers_stand_still_where_nobody_looks_and_for_who_is_signed_out(
    desk: AtDesk, seen: Visit, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    seen.page.clock.install()
    page = desk.go(f"/desk/links/{share(owner, songs[0]['id'])['id']}")
    hide = """(value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      document.dispatchEvent(new Event("visibilitychange")); }"""
    page.evaluate(hide, "hidden")
    page.clock.run_for(6000)
    page.wait_for_timeout(500)
    assert not [path for path in seen.paths() if path.endswith("/stats")]
    page.evaluate(hide, "visible")
    page.wait_for_timeout(500)
    assert len([path for path in seen.paths() if path.endswith("/stats")]) == 1
    page.context.clear_cookies()
    page.clock.run_for(6000)
    expect(page.locator("#live")).to_contain_text("You are signed out here", timeout=12_000)
    asked = len(seen.requests)
    page.evaluate(hide, "visible")
    page.wait_for_timeout(500)
    assert len(seen.requests) == asked


def test_all_of_it_works_without_script(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    seen = visit(java_script_enabled=False)
    desk, page = AtDesk(server, seen.page), seen.page
    page.goto(desk.link())
    page.get_by_label("Link", exact=True).fill(desk.link())
    desk.press("Sign in")
    link = share(owner, songs[0]["id"], label="Without script")
    desk.go("/desk/links")
    page.get_by_label("Search by label").fill("without script")
    desk.press("Search")
    page.get_by_role("link", name="Without script").first.click()
    expect(page.get_by_role("button", name="Copy link")).to_be_hidden()
    httpx.get(link["url"], headers={"Accept": "application/json"})
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator('[data-tile="opens"]')).to_have_text("1")
    page.get_by_text("The same as a table").click()
    expect(page.locator("#days")).to_be_visible()
    desk.press("Change")
    page.get_by_label("Label", exact=True).fill("Changed without script")
    desk.press("Change")
    expect(page.get_by_role("heading", level=1)).to_have_text("Changed without script")
    for name in ("New address", "Close link"):
        for _ in range(2):
            desk.press(name)
    expect(page.get_by_role("status").first).to_have_text("The link is closed.")


def test_the_keyboard_closes_a_link(
    desk: AtDesk, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"], label="By keyboard")
    page = desk.go(f"/desk/links/{link['id']}")
    for _ in range(2):
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == "Close link":
                break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        with page.expect_navigation():
            page.keyboard.press("Enter")
    page.wait_for_url("**?done=link_closed")
