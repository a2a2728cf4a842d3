"""A page of the desk with things to share, the sheet over it, and what a camera reads of a QR code."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from html import escape
from pathlib import Path
from time import time
from types import SimpleNamespace
from typing import Any

import httpx
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from browser.chromium import Visit
from browser.desk import AtDesk
from browser.listening import Visits
from cast import Server, upload
from listenlink.web.pages import desk_writer
from listenlink.web.pages.languages import choose_language
from listenlink.web.pages.page_writer import environment
from media.make_audio import make as make_audio
from signed_in import at_desk

ROWS = "/desk/about?rows"
_cookies: dict[str, str] = {}


def show_rows(desk: AtDesk, things: Mapping[str, str]) -> Page:
    """What there is to share, as links by address, with the sheet: any page may have both."""
    desk.page.route("**" + ROWS, lambda route: _answer(route, things))
    page = desk.go(ROWS)
    page.wait_for_function("document.querySelector('#sheet [data-copy]:not([hidden])')")
    return page


def things_to_share(owner: httpx.Client, folder: Path) -> dict[str, str]:
    """A track and a collection, by where they're shared."""
    song = upload(owner, make_audio("wav16", folder / "a.wav"), title="Harbour")
    album = owner.post("/collections", json={"name": "Evenings"}).json()
    return {
        f"/desk/tracks/{song['id']}/share": "Harbour",
        f"/desk/collections/{album['id']}/share": "Evenings",
    }


def visit_rows(
    visit: Visits, server: Server, things: Mapping[str, str], **options: Any
) -> tuple[Visit, Page]:
    """Somebody who signed in, and has them before their eyes."""
    seen = visit(**options)
    desk = AtDesk(server, seen.page)
    sign_in(seen, desk)
    return seen, show_rows(desk, things)


def sign_in(seen: Visit, desk: AtDesk) -> None:
    """By the cookie of somebody who did so already: the pages for that are tried elsewhere."""
    server = desk.server
    if server.organization_id not in _cookies:
        with contextlib.closing(at_desk(server)) as client:
            _cookies[server.organization_id] = client.headers["Cookie"]
    name, _, value = _cookies[server.organization_id].partition("=")
    seen.context.add_cookies([{"name": name, "value": value, "url": desk.url}])


def _answer(route: Route, things: Mapping[str, str]) -> None:
    """The server's own answer, with its policy, and more on the page."""
    links = "".join(
        f'<p><a href="{path}" data-share data-title="{escape(title)}">Share</a></p>'
        for path, title in things.items()
    )
    got = route.fetch()
    body = got.text().replace("</main>", f"{links}{_sheet(route)}</main>")
    route.fulfill(response=got, body=body)


def _sheet(route: Route) -> str:
    language = choose_language(route.request.headers.get("accept-language", ""))
    return (
        environment(language)
        .get_template("desk/sheet.html")
        .render(
            person=SimpleNamespace(caller=SimpleNamespace(scopes={"share"})),
            words=desk_writer._words(language),
            now_us=int(time() * 1_000_000),
        )
    )


def sheet_of(page: Page) -> Locator:
    return page.get_by_role("dialog")


def open_sheet(page: Page, place: int = 0) -> Locator:
    page.get_by_role("link", name="Share", exact=True).nth(place).click()
    expect(sheet_of(page)).to_be_visible()
    return sheet_of(page)


def make(page: Page, owner: Any) -> dict[str, Any]:
    """Press, and what the API says was made."""
    page.get_by_role("button", name="Make link", exact=True).click()
    return made(page, owner)


def made(page: Page, owner: Any) -> dict[str, Any]:
    link = page.get_by_role("link", name="See this link", exact=True)
    expect(link).to_be_visible()
    named = str(link.get_attribute("href")).rpartition("/")[2]
    told: dict[str, Any] = owner.get(f"/share/{named}").json()
    return told | {"url": page.get_by_label("Link", exact=True).input_value()}


def read_code(picture: Locator) -> str:
    """What a camera would read, or nothing."""
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.screenshot())))
    return found[0].text if found else ""
