"""When a link ends is said by the reader's own clock; who reads without script is told that it's UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.listening import Visits, open_page
from cast import Server, share, upload
from listenlink.model import ids
from media.make_audio import make

# One is another day in New Zealand, the other another year in California.
NOON, NIGHT = datetime(2031, 1, 31, 12, 5, 59, tzinfo=UTC), datetime(2032, 1, 1, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def song(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Any."""
    return upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))


@pytest.fixture(scope="module")
def endings(
    server: Server, owner: httpx.Client, song: dict[str, Any]
) -> dict[datetime | None, str]:
    """The addresses of links that end at these moments, and of one that never ends."""
    urls: dict[datetime | None, str] = {None: share(owner, song["id"])["url"]}
    for ends_at in (NOON, NIGHT):
        link = share(owner, song["id"])
        number = int(link["id"].removeprefix(ids.SHARE), 16)
        at_us = int(ends_at.timestamp()) * 1_000_000
        server.change("UPDATE shares SET expires_at = ? WHERE id = ?", at_us, number)
        urls[ends_at] = link["url"]
    return urls


def said(page: Page) -> str:
    """The sentence at the page's foot, with spaces of one kind."""
    return " ".join(str(page.locator("footer p").first.text_content()).split())


@pytest.mark.parametrize(
    ("zone", "locale", "noon", "night"),
    [
        ("Pacific/Auckland", "en-NZ", "1 February 2031 at 1:05 am", "1 January 2032 at 3:30 pm"),
        ("Pacific/Auckland", "en-GB", "1 February 2031 at 01:05", "1 January 2032 at 15:30"),
        ("Pacific/Auckland", "fr-FR", "1er février 2031 à 01:05", "1er janvier 2032 à 15:30"),
        ("America/Los_Angeles", "en-US", "January 31, 2031 at 4:05 AM", "December 31, 2031 at 6:30 PM"),
        ("America/Los_Angeles", "de-DE", "31. Januar 2031 um 04:05", "31. Dezember 2031 um 18:30"),
        ("America/Los_Angeles", "es-MX", "31 de enero de 2031", "31 de diciembre de 2031"),
        ("Asia/Kathmandu", "en-IN", "31 January 2031 at 5:50 pm", "1 January 2032 at 8:15 am"),
    ],
)  # fmt: skip
def test_the_end_is_told_in_the_readers_zone_and_form(
    visit: Visits,
    endings: dict[datetime | None, str],
    zone: str,
    locale: str,
    noon: str,
    night: str,
) -> None:
    for ends_at, expected in ((NOON, noon), (NIGHT, night)):
        page = open_page(visit(timezone_id=zone, locale=locale), {"url": endings[ends_at]})
        assert expected in said(page)
        assert "UTC" not in said(page)
        moment = page.locator("footer time").get_attribute("datetime")
        assert moment == ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_reader_of_no_language_of_ours_gets_english_times_in_their_zone(
    visit: Visits, endings: dict[datetime | None, str]
) -> None:
    page = open_page(visit(timezone_id="Asia/Tokyo", locale="ja-JP"), {"url": endings[NIGHT]})
    assert "January 1, 2032 at 11:30 AM" in said(page)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en-NZ", "January 31, 2031 at 12:05 PM UTC."),
        ("de-DE", "31. Januar 2031 um 12:05 UTC "),
        ("fr-FR", "31 janvier 2031 à 12:05 UTC."),
        ("es-ES", "31 de enero de 2031, 12:05 UTC."),
    ],
)
def test_without_script_it_is_utc_and_says_so(
    visit: Visits, endings: dict[datetime | None, str], locale: str, expected: str
) -> None:
    """Before and after the open."""
    window = visit(java_script_enabled=False, timezone_id="Pacific/Auckland", locale=locale)
    window.page.goto(endings[NOON])
    assert expected in said(window.page)
    window.page.locator("#play").click()
    window.page.wait_for_url("**/listening/*")
    assert expected in said(window.page)


def test_a_link_that_was_closed_offers_nothing_more(
    visit: Visits, owner: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"], expires_in_days=3)
    page = open_page(visit(), link)
    expect(page.locator("footer time")).to_be_visible()
    expect(page.locator("#save")).to_be_visible()
    page.locator("#play").click()
    page.wait_for_function("() => localStorage.getItem('listenlink:opened')")
    owner.delete(f"/share/{link['id']}").raise_for_status()
    page.wait_for_selector("body.closed")
    expect(page.locator("footer time")).to_be_hidden()
    expect(page.locator("#save")).to_be_hidden()


def test_a_link_without_an_end_names_none(
    visit: Visits, endings: dict[datetime | None, str]
) -> None:
    page = open_page(visit(), {"url": endings[None]})
    expect(page.locator("footer p")).to_have_count(1)
    assert page.locator("time").count() == 0
