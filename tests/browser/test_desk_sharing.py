"""Sharing in a browser: from a row to a copied link, by mouse, by keyboard, without script, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from browser.at_once import add_cookie
from browser.chromium import SIZES, Visit
from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from browser.sharing import (
    made,
    make,
    open_sheet,
    read_code,
    sheet_of,
    things_to_share,
    visit_rows,
)  # fmt: skip
from cast import Server
from engines import of_folder

pytestmark = of_folder
CLIPBOARD = ["clipboard-read", "clipboard-write"]
COPIED = "navigator.clipboard.readText()"
API = "**/v1/music/*/tracks/*/share"
Rows = Callable[..., tuple[Visit, Page]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that keeps no addresses: what shows a link works without."""
    with serving_desk(tmp_path_factory.mktemp("instance"), KEEP_LINKS="digest") as running:
        yield running


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return things_to_share(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def rows(visit: Visits, server: Server, things: dict[str, str]) -> Rows:
    return lambda **options: visit_rows(visit, server, **options)


def count(server: Server) -> int:
    ((links,),) = server.query("SELECT count(*) FROM shares")
    return int(links)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_three_presses_from_a_row_to_a_copied_link(
    rows: Rows, server: Server, owner: httpx.Client
) -> None:
    seen, page = rows(permissions=CLIPBOARD)
    sheet = open_sheet(page)
    expect(sheet).to_have_accessible_name("Share")
    expect(sheet).to_contain_text("Harbour")
    page.get_by_role("button", name="Make link", exact=True).click()
    page.get_by_role("button", name="Copy link", exact=True).click()
    expect(page.get_by_text("Copied.", exact=True)).to_be_visible()
    link = made(page, owner)
    assert page.evaluate(COPIED) == link["url"]
    assert httpx.get(link["url"]).json()["track"]["title"] == "Harbour"
    assert moment(link["expires_at"]) - moment(link["created_at"]) == timedelta(days=30)
    expect(sheet).to_have_accessible_name("The link is made")
    expect(sheet).to_contain_text("Whoever has this link can open it any number of times, until")
    expect(page.get_by_role("button", name="Share…", exact=True)).to_be_hidden()
    token = link["url"].rpartition("/")[2]
    assert not any(token in request.url for request in seen.requests)
    assert not any(token in referer for referer in seen.referers())
    nothing_was_wrong(seen, server)


def test_each_preset_is_exactly_so_long_and_the_last_is_marked_next_time(
    rows: Rows, owner: httpx.Client, things: dict[str, str]
) -> None:
    """On the collection's own page, where nothing else is shared."""
    (_, path) = things
    _, page = rows(path=path.removesuffix("/share"))
    last = "30 days"
    for name, hours in (("an hour", 1), ("a day", 24), ("a week", 168), ("90 days", 2160)):
        sheet = open_sheet(page)
        expect(sheet).to_contain_text("Evenings")
        expect(sheet.get_by_role("radio", name=last, exact=True)).to_be_checked()
        sheet.get_by_text(name, exact=True).click()
        link = make(page, owner)
        assert moment(link["expires_at"]) - moment(link["created_at"]) == timedelta(hours=hours)
        assert link["target_type"] == "collection"
        page.keyboard.press("Escape")
        last = name
    page.reload()
    expect(open_sheet(page).get_by_role("radio", name=last, exact=True)).to_be_checked()


def test_whatever_is_chosen_is_asked_for(rows: Rows, owner: httpx.Client) -> None:
    _, page = rows(viewport=SIZES["phone"])
    sheet = open_sheet(page)
    expect(sheet.get_by_label("Label", exact=True)).to_be_hidden()
    sheet.get_by_text("More", exact=True).click()
    sheet.get_by_role("spinbutton", name="Opens").fill("1")
    expect(sheet.get_by_role("radio", name="any number", exact=True)).not_to_be_checked()
    for name in ("Only when somebody presses play", "Let them download", "Hide preview"):
        sheet.get_by_role("checkbox", name=name, exact=True).check()
    sheet.get_by_label("Label", exact=True).fill("Ana")
    link = make(page, owner)
    assert (link["max_opens"], link["label"], link["starts_at"]) == (1, "Ana", None)
    assert (link["strict_open"], link["allow_download"], link["preview"]) == (True, True, False)
    expect(sheet).to_contain_text("Whoever has this link can open it once, until")
    # The next one begins anew.
    page.keyboard.press("Escape")
    sheet = open_sheet(page)
    expect(sheet.get_by_role("button", name="Make link", exact=True)).to_be_visible()
    expect(sheet.get_by_label("Label", exact=True)).to_have_value("")
    assert make(page, owner)["max_opens"] is None


def test_the_keyboard_alone_shares_and_stays_in_the_sheet(
    rows: Rows, owner: httpx.Client, server: Server
) -> None:
    seen, page = rows(permissions=CLIPBOARD)
    opener = page.get_by_role("link", name="Share", exact=True).first
    opener.focus()
    page.keyboard.press("Enter")
    expect(sheet_of(page).get_by_role("radio", name="30 days", exact=True)).to_be_focused()
    been = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        been.add(page.evaluate("""() => { const here = document.activeElement;
          return here === document.body || document.getElementById("sheet").contains(here)
            ? here.name || here.textContent.trim().slice(0, 20) : "outside" }"""))  # fmt: skip
    assert "outside" not in been
    assert {"expires", "max_opens", "label", "starts_at", "preview", "Make link", "Close"} <= been
    page.keyboard.press("Escape")
    expect(sheet_of(page)).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    expect(sheet_of(page).get_by_role("radio", name="a week", exact=True)).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copy link", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied.", exact=True)).to_be_visible()
    assert page.evaluate(COPIED) == made(page, owner)["url"]
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    nothing_was_wrong(seen, server)


def test_who_wants_a_tab_of_its_own_gets_the_page(rows: Rows) -> None:
    _, page = rows()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Share", exact=True).first.click(modifiers=["ControlOrMeta"])
    expect(opened.value.get_by_role("button", name="Make link", exact=True)).to_be_visible()
    expect(sheet_of(page)).to_be_hidden()


def test_what_was_typed_is_there_when_the_sheet_is_opened_again(rows: Rows) -> None:
    _, page = rows()
    sheet = open_sheet(page)
    sheet.get_by_label("Label", exact=True).fill("Ana")
    sheet.get_by_role("button", name="Close", exact=True).click()
    expect(open_sheet(page).get_by_label("Label", exact=True)).to_have_value("Ana")
    page.keyboard.press("Escape")
    expect(open_sheet(page, 1).get_by_label("Label", exact=True)).to_have_value("")


def test_without_script_the_row_leads_to_a_page(
    visit: Visits, server: Server, owner: httpx.Client, things: dict[str, str]
) -> None:
    seen = visit(java_script_enabled=False, viewport=SIZES["phone"])
    desk, page = AtDesk(server, seen.page), seen.page
    add_cookie(desk)
    for path, title in things.items():
        desk.go(path)
        expect(page.get_by_text(title, exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Make link", exact=True)).to_be_in_viewport()
        page.get_by_text("a date", exact=True).click()
        expect(page.get_by_text("in UTC").first).to_be_visible()
        desk.press("Make link")
        expect(page.get_by_label("Last day")).to_have_accessible_description("Choose a date.")
        page.get_by_text("a week", exact=True).click()
        link = make(page, owner)
        shown = httpx.get(link["url"]).json()
        assert title in str(shown[shown["kind"]])
        expect(page.get_by_role("button", name="Copy link", exact=True)).to_be_hidden()
        expect(page.get_by_text("Mark the link and copy it.")).to_be_visible()
        assert read_code(page.locator(".qr svg")) == link["url"]
    assert seen.errors == []


def test_a_double_press_and_a_lost_answer_make_one_link(
    rows: Rows, server: Server, owner: httpx.Client
) -> None:
    _, page = rows()
    before = count(server)
    open_sheet(page)
    page.get_by_role("button", name="Make link", exact=True).dblclick()
    made(page, owner)
    assert count(server) == before + 1
    page.keyboard.press("Escape")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(API, lose, times=1)
    sheet = open_sheet(page)
    sheet.get_by_role("button", name="Make link", exact=True).click()
    expect(sheet.get_by_role("alert").filter(visible=True)).to_have_text(
        "There is no connection. Try again in a moment."
    )
    assert count(server) == before + 2
    make(page, owner)
    assert count(server) == before + 2
