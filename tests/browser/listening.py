"""The page as a listener in Chromium handles it, and music for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from browser.chromium import Visit
from cast import upload
from media.make_audio import make

Visits = Callable[..., Visit]
SECONDS = (50, 40, 3)
# Opens a minute of everybody at one address, which is where the windows of all tests are.
LIMIT = 400
_RATE = 44_100


def upload_songs(owner: httpx.Client, folder: Path) -> list[dict[str, Any]]:
    """Three, of 50, 40 and 3 seconds."""
    paths = [
        make("wav16", folder / f"{number}.wav", sample_count=_RATE * seconds, channels=1)
        for number, seconds in enumerate(SECONDS)
    ]
    return [upload(owner, path, title=f"Song {n}") for n, path in enumerate(paths)]


def collect(owner: httpx.Client, songs: list[dict[str, Any]]) -> dict[str, Any]:
    """A collection of them, the last one first."""
    made: dict[str, Any] = owner.post("/collections", json={"name": "Evenings"}).json()
    for song in reversed(songs):
        owner.post(f"/collections/{made['id']}/tracks", json={"track_id": song["id"]})
    return made


def open_page(visit: Visit, link: dict[str, Any], fragment: str = "") -> Page:
    """The link's page, once its script runs."""
    visit.page.goto(link["url"] + fragment)
    visit.page.wait_for_selector("html.alive")
    return visit.page


def seconds(page: Page) -> int:
    """Where it says it is."""
    minutes, rest = str(page.text_content("#elapsed")).split(":")
    return int(minutes) * 60 + int(rest)


def wait_until_past(page: Page, place: int) -> None:
    """Until it's heard further on: the time moves only while it sounds."""
    page.wait_for_function(
        """place => { const [minutes, rest] = document.getElementById("elapsed").textContent.split(":");
        return Number(minutes) * 60 + Number(rest) > place }""",
        arg=place,
        timeout=60_000,
    )


def opens(owner: httpx.Client, link: dict[str, Any]) -> int:
    """How often the link was opened."""
    return int(owner.get(f"/share/{link['id']}").json()["opens"])
