"""The sheet that shares: what is wrong, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from browser.chromium import SIZES, Visit
from browser.desk_rules import nothing_was_wrong
from browser.listening import Visits
from browser.sharing import (
    make,
    open_sheet,
    sheet_of,
    things_to_share,
    visit_rows,
)  # fmt: skip
from browser.test_accessibility import violations
from cast import Server
from engines import of_folder

pytestmark = of_folder
ENOUGH = "That's enough for a day: 10000 links at most are made within 24 hours."
API = "**/v1/music/*/tracks/*/share"
LANGUAGES = {
    "en-GB": "Make link", "de-DE": "Link erzeugen", "es-ES": "Crear enlace", "fr-FR": "Créer le lien",
}  # fmt: skip
Rows = Callable[..., tuple[Visit, Page]]


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return things_to_share(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def rows(visit: Visits, server: Server, things: dict[str, str]) -> Rows:
    return lambda **options: visit_rows(visit, server, **options)


def press(page: Page) -> None:
    page.locator("#sheet form .main").click()


def fault(page: Page) -> Locator:
    return sheet_of(page).get_by_role("alert").filter(visible=True)


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    rows: Rows, server: Server, owner: httpx.Client
) -> None:
    seen, page = rows()
    sheet = open_sheet(page)
    sheet.get_by_label("Label", exact=True).fill("Ana")
    day, most, start = (
        sheet.get_by_label("Last day"),
        sheet.get_by_role("spinbutton", name="Opens"),
        sheet.get_by_label("Start", exact=True),
    )
    sheet.get_by_text("a date", exact=True).click()
    far, soon = (datetime.now(UTC) + timedelta(days=days) for days in (120, 5))
    tries: list[tuple[Callable[[], None], Locator, str]] = [
        (lambda: None, day, "Choose a date."),
        (lambda: day.fill(far.date().isoformat()), day, "A link lasts 90 days at most."),
        (lambda: day.fill("2020-01-01"), day, "This time is over."),
        (lambda: sheet.get_by_text("a day", exact=True).click(), start, ""),
        (lambda: start.fill(soon.strftime("%Y-%m-%dT%H:%M")), start, "The link would end before it starts."),
        (lambda: start.fill(""), start, ""),
        (lambda: most.fill("0"), most, "This is a whole number, 1 or more."),
        (lambda: most.fill("2.5"), most, "This is a whole number, 1 or more."),
        (lambda: most.fill("9" * 16), most, "This can't be so."),
        (lambda: most.fill(""), most, "This is a whole number, 1 or more."),
    ]  # fmt: skip
    for change, field, words in tries:
        change()
        if not words:
            continue
        press(page)
        expect(fault(page)).to_have_text(words)
        expect(fault(page)).to_be_in_viewport(ratio=1)
        expect(field).to_have_accessible_description(re.compile(re.escape(words) + "$"))
        expect(field).to_be_focused()
        expect(sheet.get_by_label("Label", exact=True)).to_have_value("Ana")
    sheet.get_by_text("any number", exact=True).click()
    link = make(page, owner)
    assert (link["label"], link["max_opens"]) == ("Ana", None)
    nothing_was_wrong(seen, server)


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, "<html>", "The server is busy. Please try again in a moment."),
        (429, f'{{"error": {{"message": "{ENOUGH}"}}}}', ENOUGH),
        (500, '{"error": {"message": "What nobody knows"}}', "This didn't work. Try again in a moment."),
        (0, "", "There is no connection. Try again in a moment."),
    ],
)  # fmt: skip
def test_what_cannot_be_done_now_is_said_and_can_be_tried_again(
    rows: Rows, owner: httpx.Client, status: int, body: str, words: str
) -> None:
    _, page = rows()
    page.route(
        API,
        lambda route: route.fulfill(status=status, body=body) if status else route.abort(),
        times=1,
    )
    open_sheet(page)
    press(page)
    expect(fault(page)).to_have_text(words)
    make(page, owner)


def test_who_is_signed_out_is_told_and_loses_nothing(
    rows: Rows, server: Server, owner: httpx.Client
) -> None:
    _, page = rows()
    sheet = open_sheet(page)
    sheet.get_by_label("Label", exact=True).fill("Ana")
    cookies: list[Any] = list(page.context.cookies())
    page.context.clear_cookies()
    press(page)
    expect(fault(page)).to_contain_text("You aren't signed in any more.")
    page.context.add_cookies(cookies)
    assert make(page, owner)["label"] == "Ana"


def test_what_is_gone_is_said_to_be(rows: Rows, server: Server, things: dict[str, str]) -> None:
    _, page = rows()
    page.locator("a[data-share]").first.evaluate(
        "a => a.href = '/desk/tracks/mtrack_000000000000/share'"
    )
    open_sheet(page)
    press(page)
    expect(fault(page)).to_have_text("This doesn't exist.")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_phone_shows_what_is_needed_at_first_sight(rows: Rows, locale: str) -> None:
    """The choices and the button, and nothing runs over, in any language; and a made link with its button."""
    _, page = rows(viewport=SIZES["phone"], locale=locale)
    page.locator("a[data-share]").first.click()
    _is_at_first_sight(page, LANGUAGES[locale])
    page.set_viewport_size({"width": 320, "height": 568})
    _is_at_first_sight(page, LANGUAGES[locale])
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    page.set_viewport_size({"width": 640, "height": 640})
    _runs_over_nothing(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size({"width": 320, "height": 568})
    page.locator("#sheet .rest > summary").first.click()
    _runs_over_nothing(page)
    press(page)
    expect(page.locator("#sheet [data-copy]")).to_be_in_viewport(ratio=1)
    expect(page.locator("#sheet .qr a[href]")).to_be_visible()
    _runs_over_nothing(page)


def _is_at_first_sight(page: Page, name: str) -> None:
    for one in (
        *page.locator(".presets label").all(),
        page.get_by_role("button", name=name),
    ):
        expect(one).to_be_in_viewport(ratio=1)
    _runs_over_nothing(page)


def _runs_over_nothing(page: Page) -> None:
    wide = page.evaluate(
        """[document.documentElement, document.getElementById("sheet")]
        .map(one => one.scrollWidth - one.clientWidth)"""
    )
    assert wide == [0, 0]


def test_axe_finds_nothing_in_any_state(rows: Rows, owner: httpx.Client) -> None:
    _, page = rows(bypass_csp=True, reduced_motion="reduce")
    sheet = open_sheet(page)
    assert violations(page) == []
    sheet.get_by_text("a date", exact=True).click()
    press(page)
    expect(fault(page)).to_have_text("Choose a date.")
    # At its end, where the button that stays in sight is beneath everything, and over nothing.
    sheet.evaluate("sheet => sheet.scrollTo(0, sheet.scrollHeight)")
    assert violations(page) == []
    sheet.get_by_text("a week", exact=True).click()
    make(page, owner)
    assert violations(page) == []
