"""A collection is taken along from its page, in Chromium: by the button, without script, and at the desk."""

from __future__ import annotations

import zipfile
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from browser.chromium import open_visit
from browser.desk import AtDesk
from browser.listening import Visits, collect, open_page
from cast import Server, share
from signed_in import first_email

NAMES = ["01 Song 2.wav", "02 Song 1.wav", "03 Song 0.wav"]


def check(page: Page, press: Any) -> None:
    """What is saved is the archive, under the collection's name."""
    with page.expect_download() as told:
        press.click()
    assert told.value.suggested_filename == "Evenings.zip"
    with zipfile.ZipFile(told.value.path()) as archive:
        assert archive.namelist() == NAMES
        assert archive.testzip() is None


def test_a_button_takes_all_of_it(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    link = share(owner, album["id"], allow_download=True)
    page = open_page(visit(), link)
    button = page.get_by_role("button", name="Download all")
    expect(button).to_have_text("Download all (ZIP, 8.2 MB)")
    check(page, button)
    # Opening it for that was one open, and it's as good for the next.
    check(page, button)
    assert owner.get(f"/share/{link['id']}").json()["opens"] == 1
    owner.delete(f"/share/{link['id']}").raise_for_status()
    expect(page.locator("#status")).not_to_be_empty()
    expect(button).to_be_disabled()


def test_it_speaks_the_pages_language(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    link = share(owner, album["id"], allow_download=True)
    page = open_page(visit(locale="de"), link)
    expect(page.locator("#download-all")).to_have_text("Alles herunterladen (ZIP, 8,2 MB)")


def test_none_is_offered_where_nothing_may_be_taken(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    for target, terms in (
        (album["id"], {}),
        (songs[0]["id"], {"allow_download": True}),
    ):
        page = open_page(visit(), share(owner, target, **terms))
        expect(page.locator("#play")).to_be_visible()
        expect(page.locator("#download-all")).to_be_hidden()


def test_where_it_was_hidden_it_is_offered_once_it_plays(
    visit: Visits, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    page = open_page(visit(), share(owner, album["id"], allow_download=True, preview=False))
    button = page.locator("#download-all")
    expect(button).to_be_hidden()
    page.locator("#play").click()
    expect(button).to_be_visible()
    check(page, button)


def test_without_script_a_link_does(
    browser: Browser, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    link = share(owner, album["id"], allow_download=True)
    visit = open_visit(browser, java_script_enabled=False)
    try:
        page = visit.page
        page.goto(link["url"])
        page.get_by_role("button", name="Play").click()
        check(page, page.get_by_role("link", name="Download all (ZIP, 8.2 MB)"))
    finally:
        visit.context.close()


def test_its_owner_takes_it_from_the_desk(
    visit: Visits, server: Server, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    album = collect(owner, songs)
    desk = AtDesk(server, visit().page)
    desk.sign_in(first_email(server))
    page = desk.go(f"/desk/collections/{album['id']}")
    check(page, page.get_by_role("link", name="Download all (ZIP, 8.2 MB)"))
