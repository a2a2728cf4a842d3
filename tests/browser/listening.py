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
# Otherwise a page is asked at each frame, and has to draw it.
_POLL_MS = 100
# The sound runs three times as fast: a step of what is told then stays below two seconds of the track.
_FAST = """
const Sound = Audio;
window.Audio = function () {
  const sound = new Sound();
  sound.defaultPlaybackRate = sound.playbackRate = 3;
  return (window.sound = sound);
};
"""


def hurry(visit: Visit) -> None:
    """What plays from now on plays faster."""
    visit.context.add_init_script(_FAST)


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
        polling=_POLL_MS,
    )


def opens(owner: httpx.Client, link: dict[str, Any]) -> int:
    """How often the link was opened."""
    return int(owner.get(f"/share/{link['id']}").json()["opens"])
