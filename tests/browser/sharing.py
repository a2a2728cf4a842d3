"""What there is to share at the desk, the sheet over it, and what a camera reads of a QR code."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from browser.at_once import add_cookie
from browser.chromium import Visit
from browser.desk import AtDesk
from browser.listening import Visits
from cast import Server, upload
from media.make_audio import make as make_audio


def show_rows(desk: AtDesk, path: str = "/desk") -> Page:
    """The list of tracks, the newest first, or another page with what there is to share; and its sheet."""
    page = desk.go(path)
    page.wait_for_function("document.querySelector('#sheet [data-copy]:not([hidden])')")
    return page


def things_to_share(owner: httpx.Client, folder: Path) -> dict[str, str]:
    """A track and a collection, by where they're shared. In the list there is another track behind it."""
    path = make_audio("wav16", folder / "a.wav")
    upload(owner, path, title="Lighthouse")
    song = upload(owner, path, title="Harbour")
    album = owner.post("/collections", json={"name": "Evenings"}).json()
    return {
        f"/desk/tracks/{song['id']}/share": "Harbour",
        f"/desk/collections/{album['id']}/share": "Evenings",
    }


def visit_rows(
    visit: Visits, server: Server, path: str = "/desk", **options: Any
) -> tuple[Visit, Page]:
    """Somebody who signed in, and has them before their eyes."""
    seen = visit(**options)
    desk = AtDesk(server, seen.page)
    add_cookie(desk)
    return seen, show_rows(desk, path)


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
