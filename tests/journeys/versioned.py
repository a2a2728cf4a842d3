"""A track with several versions, and what its links lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from journeys.seen import BROWSER
from media.make_audio import make
from pieces import TUS, begin, send

RATE = 44_100


def sounds(folder: Path, many: int = 3) -> list[Path]:
    """Recordings that differ in their length alone: of 2, 3, … seconds."""
    return [
        make("wav16", folder / f"take{number}.wav", sample_count=RATE * (2 + number))
        for number in range(many)
    ]


def put_in(owner: httpx.Client, track: str, path: Path, **fields: str) -> httpx.Response:
    """Put a version in by a form."""
    with path.open("rb") as file:
        return owner.post(
            f"/tracks/{track}/versions", data=fields, files={"file": (path.name, file)}
        )


def put_in_pieces(owner: httpx.Client, track: str, path: Path, **fields: str) -> httpx.Response:
    """The same by tus; what the upload is then."""
    data = path.read_bytes()
    begun = begin(owner, len(data), track_id=track, **fields)
    send(owner, begun, 0, data).raise_for_status()
    return owner.get(begun, headers=TUS)


def listed(owner: httpx.Client, track: str) -> list[dict[str, Any]]:
    """The versions as their creator sees them."""
    items: list[dict[str, Any]] = (
        owner.get(f"/tracks/{track}/versions").raise_for_status().json()["items"]
    )
    return items


def make_current(owner: httpx.Client, track: str, number: int) -> httpx.Response:
    return owner.patch(f"/tracks/{track}/versions/{number}", json={"current": True})


def opened(listener: httpx.Client, link: dict[str, Any], session: str = "") -> httpx.Response:
    headers = {"Accept": "application/json"} | ({"Listen-Session": session} if session else {})
    return listener.get(f"/v1/music/shared/{link['token']}", headers=headers).raise_for_status()


def heard(listener: httpx.Client, link: dict[str, Any]) -> bytes:
    """What is heard by a link to a track, as the bytes that were put in."""
    return httpx.get(opened(listener, link).json()["track"]["playback_url"]).content


def page(listener: httpx.Client, link: dict[str, Any]) -> str:
    return listener.get(f"/v1/music/shared/{link['token']}", headers=BROWSER).text
