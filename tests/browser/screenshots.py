"""`make screenshots`: every state of the page as a picture, in `build/screenshots`, to be looked at."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from browser.chromium import (
    NEEDED,
    SIZES,
    find_chromium,
    open_visit,
    running_chromium,
    running_site,
)
from browser.desk import STATES, AtDesk
from browser.desk_collections import STATES as COLLECTIONS
from browser.desk_uploads import UPLOAD_STATES
from browser.listening import wait_until_past
from cast import Server, share, upload, wait_for_sound
from listenlink import demo
from media.make_audio import add_cover, make

TARGET = Path("build/screenshots")
LOOKS: list[dict[str, Any]] = [
    {"viewport": SIZES[size], "color_scheme": scheme}
    for size in ("phone", "desk")
    for scheme in ("light", "dark")
]


class Studio:
    """A server with music, and links in every state."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.owner = server.owner()
        paths = [folder / piece.file_name for piece in demo.PIECES]
        for path, piece in zip(paths, demo.PIECES, strict=True):
            path.write_bytes(demo.read(piece))
        paths.append(add_cover(make("mp3_xing", folder / "cover.mp3", sample_count=44_100 * 40)))
        self.songs = [upload(self.owner, path, engine="own_recording") for path in paths]
        for song in self.songs:
            wait_for_sound(self.owner, song["id"])
        made = self.owner.post(
            "/collections", json={"name": "Three Evenings", "description": "Recorded at home."}
        ).json()
        for song in self.songs[:3]:
            self.owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song["id"]})
        self.album = made["id"]

    def link(self, target_id: str = "", **terms: Any) -> dict[str, Any]:
        """A link to a song, or to what is named."""
        return share(self.owner, target_id or self.songs[0]["id"], **terms)

    def refused(self) -> str:
        """The address of a link that doesn't open."""
        link = self.link()
        self.owner.delete(f"/share/{link['id']}").raise_for_status()
        return str(link["url"])

    def removed(self) -> str:
        """The address of a link to a song that is gone."""
        song = upload(self.owner, make("wav16", Path(tempfile.mkdtemp()) / "gone.wav"))
        link = self.link(song["id"])
        self.owner.delete(f"/tracks/{song['id']}").raise_for_status()
        return str(link["url"])


def _play(page: Page) -> None:
    page.wait_for_selector("html.alive")
    page.locator("#play").click()
    wait_until_past(page, 2)


def _close(studio: Studio, link: dict[str, Any]) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _play(page)
        studio.owner.delete(f"/share/{link['id']}").raise_for_status()
        page.wait_for_selector("body.closed")

    return act


def _limit(studio: Studio, url: str, address: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        with studio.server.listener(address) as same:
            while same.get(url).status_code != 429:
                pass
        page.reload()

    return act


def _open_account(page: Page) -> None:
    page.wait_for_selector("html.alive")
    page.locator("#licence summary").click()
    page.locator("#save summary").click()


def _hear_and_close(studio: Studio, link: dict[str, Any]) -> Callable[[Page], None]:
    """The page that a link has in the browser that it was opened in."""

    def act(page: Page) -> None:
        _close(studio, link)(page)
        page.reload()

    return act


def _press_without_script(page: Page) -> None:
    page.locator("#play").click()
    page.wait_for_url("**/listening/*")


def take(browser: Browser, studio: Studio, number: int, look: dict[str, Any]) -> None:
    """All states in one look."""
    name = f"{'phone' if look['viewport'] == SIZES['phone'] else 'desk'}-{look['color_scheme']}"
    closing, heard = studio.link(), studio.link()
    song = studio.link()["url"]
    address = f"198.51.100.{number}"
    scriptless = {"java_script_enabled": False}
    limited = {"extra_http_headers": {"X-Forwarded-For": address}}
    states: list[tuple[str, str, dict[str, Any], Callable[[Page], None] | None]] = [
        ("track", song, {}, None),
        ("track-playing", song, {}, _play),
        ("track-with-cover", studio.link(
            studio.songs[3]["id"], allow_download=True, expires_in_days=30)["url"], {}, None),
        ("collection-playing", studio.link(studio.album)["url"], {}, _play),
        ("collection-german", studio.link(studio.album)["url"], {"locale": "de-DE"}, None),
        ("hidden", studio.link(preview=False)["url"], {}, None),
        ("save", song, {}, _open_account),
        ("closed", closing["url"], {}, _close(studio, closing)),
        ("refused", studio.refused(), {}, None),
        ("refused-heard", heard["url"], {}, _hear_and_close(studio, heard)),
        ("removed", studio.removed(), {}, None),
        ("without-script", song, scriptless, None),
        ("listening", studio.link(studio.album)["url"], scriptless, _press_without_script),
        ("limited", song, limited, _limit(studio, song, address)),
    ]  # fmt: skip
    for state, url, options, act in states:
        visit = open_visit(browser, **(look | options))
        visit.page.goto(url)
        if act is not None:
            act(visit.page)
        visit.page.screenshot(path=TARGET / f"{state}-{name}.png", full_page=True)
        visit.context.close()
    with running_site() as site:
        told = httpx.get(studio.server.url + "/oembed", params={"url": song}).json()
        site.pages["/"] = f"<!doctype html><title>Blog</title><h1>A blog</h1>{told['html']}"
        visit = open_visit(browser, **look)
        visit.page.goto(site.url + "/")
        visit.page.frame_locator("iframe").locator("html.alive").wait_for()
        visit.page.screenshot(path=TARGET / f"embed-{name}.png")
        visit.context.close()


def take_desk(browser: Browser, server: Server, look: dict[str, Any]) -> None:
    """The desk's pages in one look, each by somebody in a window of their own."""
    name = f"{'phone' if look['viewport'] == SIZES['phone'] else 'desk'}-{look['color_scheme']}"
    for state, arrive in (STATES | COLLECTIONS | UPLOAD_STATES).items():
        visit = open_visit(browser, **look)
        arrive(AtDesk(server, visit.page))
        visit.page.screenshot(path=TARGET / f"at-desk-{state}-{name}.png", full_page=True)
        visit.context.close()


def main() -> None:
    """Take them all."""
    executable = find_chromium()
    if executable is None:
        sys.exit(NEEDED)
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_chromium(executable) as browser:
        server = Server(Path(folder) / "data", {"TRUSTED_PROXIES": "127.0.0.1/32"})
        server.create()
        server.start()
        try:
            studio = Studio(server, Path(folder))
            for number, look in enumerate(LOOKS, 1):
                take(browser, studio, number, look)
                take_desk(browser, server, look)
        finally:
            server.stop()
    print(f"{len(list(TARGET.glob('*.png')))} pictures are in {TARGET}")


if __name__ == "__main__":
    main()
