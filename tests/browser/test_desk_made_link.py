"""A new link, as the desk shows it once: copied, passed on to other programs, read by a camera."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.at_once import add_cookie
from browser.chromium import Visit
from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong
from browser.listening import Visits
from browser.sharing import (
    make,
    open_sheet,
    read_code,
    show_rows,
    things_to_share,
    visit_rows,
)
from cast import Server
from engines import of_folder

pytestmark = of_folder
FORBIDS = (
    "navigator.clipboard.writeText = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
)
Rows = Callable[..., tuple[Visit, Page]]


@pytest.fixture(scope="module")
def things(owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return things_to_share(owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def rows(visit: Visits, server: Server, things: dict[str, str]) -> Rows:
    return lambda **options: visit_rows(visit, server, **options)


def test_other_programs_get_the_address_and_nothing_else(
    visit: Visits, server: Server, owner: httpx.Client, things: dict[str, str]
) -> None:
    """No headless browser has other programs: what it's given is noted instead."""
    seen = visit()
    seen.context.add_init_script(
        "window.given = []; navigator.share = async (what) => void given.push(what);"
    )
    desk = AtDesk(server, seen.page)
    add_cookie(desk)
    page = show_rows(desk)
    open_sheet(page)
    link = make(page, owner)
    page.get_by_role("button", name="Share…", exact=True).click()
    assert page.evaluate("given") == [{"url": link["url"]}]


@pytest.mark.parametrize("lacks", ["delete Navigator.prototype.clipboard", FORBIDS])
def test_where_there_is_no_clipboard_it_is_marked(
    visit: Visits, server: Server, owner: httpx.Client, things: dict[str, str], lacks: str
) -> None:
    """As over plain http, or where somebody forbade it."""
    seen = visit()
    seen.context.add_init_script(lacks)
    desk = AtDesk(server, seen.page)
    add_cookie(desk)
    page = show_rows(desk)
    open_sheet(page)
    link = make(page, owner)
    page.get_by_role("button", name="Copy link", exact=True).click()
    expect(page.get_by_text("It's marked: copy it with Ctrl+C")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == link["url"]
    nothing_was_wrong(seen, server)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_camera_reads_the_code_and_so_it_does_the_file(
    rows: Rows, visit: Visits, owner: httpx.Client, scheme: str
) -> None:
    _, page = rows(color_scheme=scheme)
    open_sheet(page)
    link = make(page, owner)
    code = page.get_by_role("img", name="QR code of the link")
    expect(page.get_by_role("link", name="Download QR", exact=True)).to_be_visible()
    assert read_code(code) == link["url"]
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download QR", exact=True).click()
    assert begun.value.suggested_filename == "link.svg"
    other = visit().page
    other.set_content(begun.value.path().read_text())
    assert read_code(other.locator("svg")) == link["url"]
