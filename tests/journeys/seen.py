"""The share page as the tests look at it."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import httpx

from cast import upload, wait_for_sound
from media.make_audio import add_cover, make

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def upload_song(owner: httpx.Client, folder: Path) -> dict[str, Any]:
    """A song with a cover, of which everything is made."""
    path = add_cover(make("mp3_xing", folder / "song.mp3"))
    track = upload(owner, path, title="Late <Night>", artist="The Ferry", engine="own_recording")
    wait_for_sound(owner, track["id"])
    return track


def see(listener: httpx.Client, link: dict[str, Any], **headers: str) -> httpx.Response:
    """The page of a link, as a browser asks for it."""
    return listener.get(f"/v1/music/shared/{link['token']}", headers=BROWSER | headers)


def meta(page: str, name: str) -> str | None:
    """What a meta element of the page says."""
    found = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)"', page)
    return html.unescape(found.group(1)) if found else None


def part(pattern: str, page: str) -> str:
    """The pattern's group, as it stands in the page."""
    found = re.search(pattern, page)
    assert found, pattern
    return html.unescape(found.group(1))


def opens(owner: httpx.Client, link: dict[str, Any]) -> int:
    """How often the link was opened."""
    return int(owner.get(f"/share/{link['id']}").json()["opens"])
