"""What the page says and does in its other states: hidden, limited, removed, without script, framed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from browser.chromium import SIZES, Site, Visit
from browser.listening import (
    LIMIT,
    Visits,
    open_page,
    opens,
    wait_until_past,
)
from cast import Server, share, upload
from media.make_audio import make


def test_a_hidden_preview_shows_itself_once_it_plays(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    page = open_page(visit(), share(owner, songs[0]["id"], preview=False))
    expect(page.locator("h1")).to_have_text("Shared music")
    expect(page.locator("#about")).to_have_text("Somebody shares a track with you")
    expect(page.locator("#hint")).to_contain_text("Press play to listen.")
    expect(page.locator("#hint")).not_to_contain_text("downloaded")
    # A length that isn't told isn't told to be nothing.
    expect(page.locator("#total")).to_have_text("")
    page.locator("#play").click()
    expect(page.locator("#hint")).to_be_hidden()
    expect(page.locator("#total")).to_have_text("0:50")
    expect(page.locator("h1")).to_have_text("Song 0")
    expect(page.locator("#licence")).to_be_visible()
    wait_until_past(page, 0)


def test_a_hidden_preview_says_what_is_there_before_any_script(
    visit: Visits, owner: httpx.Client, album: dict[str, Any]
) -> None:
    link = share(owner, album["id"], preview=False, allow_download=True)
    page = visit(java_script_enabled=False).page
    page.goto(link["url"])
    expect(page.locator("#about")).to_have_text("Somebody shares a collection with you")
    expect(page.locator("#hint")).to_contain_text("The music may be downloaded, too.")
    assert not page.locator("#save").is_visible()
    page.goto(link["url"].replace("/v1/music/shared/", "/embed/"))
    expect(page.locator("#licence-sentence")).to_contain_text("Press play to listen.")


def test_who_has_an_account_saves_the_track_and_nobody_else_is_asked(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[0]["id"])
    page = open_page(visit(viewport=SIZES["phone"]), link)
    expect(page.locator("#save-key")).to_be_hidden()
    page.get_by_text("I have an account here").click()
    page.get_by_label("API key").fill(server.api_key)
    page.get_by_role("button", name="Save to my library").click()
    expect(page.locator("#save-status")).to_have_text("It's in your library now.")
    page.reload()
    page.get_by_text("I have an account here").click()
    expect(page.get_by_label("API key")).to_have_value(server.api_key)
    assert opens(owner, link) == 0


def reopened(window: Visit, url: str, **clock: Any) -> tuple[str, str]:
    """The page in a new tab of the same browser: what the server sent, and what it says then."""
    tab = window.context.new_page()
    if clock:
        tab.clock.set_fixed_time(**clock)
    answer = tab.goto(url)
    assert answer is not None
    assert answer.status == 404
    tab.wait_for_load_state("networkidle")
    return answer.text(), str(tab.text_content("#why"))


def test_a_link_that_opens_no_more_says_so_to_who_opened_it_here(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    link = share(owner, songs[2]["id"], max_opens=1, expires_in_days=1)
    here, elsewhere = visit(locale="en-US"), visit(locale="en-US")
    page = open_page(here, link)
    page.locator("#play").click()
    page.wait_for_function("() => localStorage.getItem('listenlink:opened')")
    here.page.close()
    assert link["token"] not in str(here.context.storage_state())
    sent, said = reopened(here, link["url"])
    assert re.match(
        r"You opened this link here on [A-Z][a-z]+ \d+, 20\d\d at \d+:\d\d.[AP]M\.", said
    )
    assert "It has since been closed, or opened as often as it may be." in said
    later = datetime.now(UTC) + timedelta(days=2)
    assert "It was to be open until" in reopened(here, link["url"], time=later)[1]
    # To strangers it's the page of a link that never was one; what is sent is the same for all.
    stranger = reopened(elsewhere, link["url"])
    assert stranger == (sent, reopened(elsewhere, link["url"][:-1] + "x")[1])
    assert reopened(here, link["url"][:-2] + "xx")[1] == stranger[1]
    assert "It may have been closed" in stranger[1]


def test_too_many_requests_and_removed_music_are_told_in_words(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    track = upload(owner, make("wav16", tmp_path / "a.wav"))
    link = share(owner, track["id"])
    window = visit(extra_http_headers={"X-Forwarded-For": "198.51.100.76"})
    page = open_page(window, link)
    # The page's own visit is paid for. At another address it has nothing.
    window.context.set_extra_http_headers({"X-Forwarded-For": "198.51.100.77"})
    with server.listener("198.51.100.77") as same:
        for _ in range(LIMIT + 10):
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


def test_a_frame_that_may_keep_nothing_shows_what_ended(
    visit: Visits, server: Server, other_site: Site
) -> None:
    frame = f'<iframe sandbox="allow-scripts" src="{server.url}/embed/shr_0"></iframe>'
    other_site.pages["/kept-in"] = f"<!doctype html><title>Blog</title>{frame}"
    window = visit()
    window.page.goto(other_site.url + "/kept-in")
    told = window.page.frame_locator("iframe").locator("#why")
    expect(told).to_contain_text("It may have been closed")
    window.page.wait_for_load_state("networkidle")
    assert (window.errors, window.blocked) == ([], [])


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
