"""One link for each in a browser: names are pasted, the links are copied all at once, on phone and desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.at_once import add_cookie
from browser.chromium import SIZES, Visit
from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.listening import Visits
from browser.sharing import open_sheet, things_to_share, visit_rows
from cast import Server
from engines import of_folder

pytestmark = of_folder
CLIPBOARD = ["clipboard-read", "clipboard-write"]
NAMES = [*(f"Radio {place}" for place in range(18)), '=1+"1"', '"Zoë']
Rows = Callable[..., tuple[Visit, Page]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return things_to_share(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def rows(visit: Visits, server: Server, things: dict[str, str]) -> Rows:
    return lambda **options: visit_rows(visit, server, **options)


def paste(page: Page, text: str) -> None:
    sheet = open_sheet(page)
    sheet.get_by_text("One link for each", exact=True).click()
    sheet.get_by_label("Whom the links are for", exact=True).fill(text)
    page.get_by_role("button", name="Make link", exact=True).click()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_twenty_names_are_pasted_and_twenty_links_copied(
    rows: Rows, server: Server, owner: httpx.Client, size: str
) -> None:
    seen, page = rows(permissions=CLIPBOARD, viewport=SIZES[size])
    paste(page, "\n".join(NAMES))
    expect(page.get_by_role("heading", name="20 links are made", exact=True)).to_be_visible()
    page.get_by_role("button", name="Copy all", exact=True).click()
    expect(page.get_by_text("Copied.", exact=True)).to_be_visible()
    lines = [
        line.split("\t") for line in page.evaluate("navigator.clipboard.readText()").split("\n")
    ]
    assert [label for label, _ in lines] == [*NAMES[:18], '\'=1+"1"', "'\"Zoë"]
    links = {link["label"]: link["id"] for link in owner.get("/share").json()["items"][:20]}
    for (_, url), name in zip(lines, NAMES, strict=True):
        assert owner.get(f"/share/{links[name]}").json()["url"] == url
        assert url.rpartition("/")[2] not in page.url
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download CSV", exact=True).click()
    assert saved.value.suggested_filename == "links.csv"
    text = saved.value.path().read_bytes().decode()
    assert text.splitlines()[19].startswith('"\'=1+""1""",http')
    token = lines[0][1].rpartition("/")[2]
    assert not any(
        token in request.url for request in seen.requests if request.url.startswith("http")
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    nothing_was_wrong(seen, server)


def test_sent_again_by_a_reload_it_is_the_same_page(rows: Rows, server: Server) -> None:
    _, page = rows()
    paste(page, "Ana\nBen")
    expect(page.locator("#for-each tbody tr")).to_have_count(2)
    before = (server.query("SELECT count(*) FROM shares"), page.locator("#lines").input_value())
    page.reload()
    after = (server.query("SELECT count(*) FROM shares"), page.locator("#lines").input_value())
    assert before == after


def test_a_fault_is_told_with_what_was_typed(rows: Rows) -> None:
    _, page = rows(viewport=SIZES["phone"])
    paste(page, "label,max_opens\nAna,2\nBen,none")
    fault = page.get_by_role("alert").filter(visible=True)
    expect(fault).to_have_text("Line 3: This is a whole number from 1 to 9007199254740992.")
    box = page.get_by_label("Whom the links are for", exact=True)
    expect(box).to_have_value("label,max_opens\nAna,2\nBen,none")
    box.fill("label,max_opens\nAna,2\nBen,3")
    page.get_by_role("button", name="Make link", exact=True).click()
    expect(page.locator("#for-each tbody tr")).to_have_count(2)


def test_without_script_all_of_it_works(
    visit: Visits, server: Server, things: dict[str, str]
) -> None:
    seen = visit(java_script_enabled=False)
    desk = AtDesk(server, seen.page)
    add_cookie(desk)
    page = desk.go(next(iter(things)))
    page.get_by_text("One link for each", exact=True).click()
    page.get_by_label("Whom the links are for", exact=True).fill("Ana\nBen")
    page.get_by_role("button", name="Make link", exact=True).click()
    expect(page.locator("#for-each tbody tr")).to_have_count(2)
    expect(page.get_by_role("button", name="Copy all", exact=True)).to_be_hidden()
    assert page.locator("#lines").input_value().count("\thttp") == 2
