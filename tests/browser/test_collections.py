"""Collections that change, that are empty and that are too long for a page, in Chromium."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page, expect

from browser.listening import Visits, collect, open_page, opens, wait_until_past
from cast import Server, share
from journeys.long_album import make_long_album
from listenlink.store.opening.open_rows import MOST_TRACKS

EMPTY = "There is no music in this collection yet."
REST = "Further tracks, not shown here: 2"


def embed_of(link: dict[str, Any]) -> dict[str, Any]:
    return {"url": link["url"].replace("/v1/music/shared/", "/embed/")}


def hear_second(page: Page) -> None:
    """Until its place is kept, which it is every five seconds."""
    page.locator("#playlist button").nth(1).click()
    wait_until_past(page, 5)
    page.locator("#play").click()


def test_a_place_is_kept_by_its_track(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)  # Song 2, Song 1, Song 0
    members = f"/collections/{album['id']}/tracks"
    link = share(owner, album["id"])
    window = visit()
    page = open_page(window, link)
    hear_second(page)
    order = [songs[n]["id"] for n in (1, 2, 0)]
    owner.patch(
        f"/collections/{album['id']}/order", json={"ordered_track_ids": order}
    ).raise_for_status()
    page = open_page(window, link)
    expect(page.locator("[aria-current]")).to_contain_text("Song 1")
    expect(page.locator("#elapsed")).to_have_text("0:05")
    # Exchanged for another: that begins at its beginning, and so does the collection.
    owner.delete(f"{members}/{songs[1]['id']}").raise_for_status()
    page = open_page(window, link)
    expect(page.locator("[aria-current]")).to_contain_text("Song 2")
    expect(page.locator("#elapsed")).to_have_text("0:00")


def test_what_an_older_page_kept_is_left_alone(
    visit: Visits, owner: httpx.Client, album: dict[str, Any]
) -> None:
    link = share(owner, album["id"])
    window = visit()
    page = open_page(window, link)
    page.evaluate(
        "mark => localStorage.setItem('listenlink:places', JSON.stringify({[mark]: [1, 30]}))",
        album["id"],
    )
    page = open_page(window, link)
    expect(page.locator("[aria-current]")).to_contain_text("Song 2")
    expect(page.locator("#elapsed")).to_have_text("0:00")
    assert window.errors == []


def test_an_empty_collection_says_so_and_spends_nothing(visit: Visits, owner: httpx.Client) -> None:
    link = share(owner, collect(owner, [])["id"], max_opens=1)
    for shown in (link, embed_of(link)):
        window = visit()
        page = open_page(window, shown)
        expect(page.locator("#rest")).to_have_text(EMPTY)
        expect(page.locator("#play")).to_be_disabled()
        page.locator("h1").click()
        page.keyboard.press(" ")
        expect(page.locator("#status")).to_have_text(EMPTY)
        page.wait_for_timeout(300)
        assert window.errors == []
        without = visit(java_script_enabled=False).page
        without.goto(shown["url"])
        expect(without.locator("#rest")).to_have_text(EMPTY)
        expect(without.locator("#play")).to_be_disabled()
    assert opens(owner, link) == 0


def test_an_empty_collection_behind_a_hidden_preview_says_so_once_it_is_open(
    visit: Visits, owner: httpx.Client
) -> None:
    link = share(owner, collect(owner, [])["id"], preview=False)
    for shown in (link, embed_of(link)):
        window = visit()
        page = open_page(window, shown)
        page.locator("#play").click()
        expect(page.locator("#rest")).to_have_text(EMPTY)
        expect(page.locator("#play")).to_be_disabled()
        assert window.errors == []


def test_tracks_that_a_page_has_no_room_for_are_told(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = make_long_album(server, owner, songs[2]["id"], MOST_TRACKS + 2)
    link, hidden = share(owner, album), share(owner, album, preview=False)
    page = open_page(visit(), link)
    assert page.locator("#playlist li").count() == MOST_TRACKS
    expect(page.locator("#rest")).to_have_text(REST)
    expect(page.locator("#about")).to_have_text(f"Collection · {MOST_TRACKS + 2} tracks")
    page.goto(embed_of(link)["url"])
    expect(page.locator("#rest")).to_have_text(REST)
    expect(page.locator("#rest")).to_be_visible()
    scriptless = visit(java_script_enabled=False).page
    scriptless.goto(link["url"])
    scriptless.locator("#play").click()
    scriptless.wait_for_url("**/listening/*")
    expect(scriptless.locator("#rest")).to_have_text(REST)
    page = open_page(visit(locale="de-DE"), hidden)
    expect(page.locator("#rest")).to_be_hidden()
    page.locator("#play").click()
    expect(page.locator("#rest")).to_have_text("Weitere Titel, hier nicht angezeigt: 2")
