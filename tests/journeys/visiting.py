"""A visit as a browser makes it: the page, its ticket, and what is asked for with it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from journeys.seen import BROWSER

SHARED = "/v1/music/shared/"
JSON = {"Accept": "application/json"}


def ticket_in(page: httpx.Response) -> str:
    """The ticket that the page carries, empty if it carries none."""
    found = re.search(r'<input type="hidden" id="visit"[^>]* value="([^"]*)">', page.text)
    return found.group(1) if found else ""


def look(listener: httpx.Client, link: dict[str, Any], below: str = SHARED) -> str:
    """Look at the page, or the embed; its ticket."""
    page = listener.get(f"{below}{link['token']}", headers=BROWSER)
    assert page.status_code == 200, page.text
    return ticket_in(page)


def begin(listener: httpx.Client, link: dict[str, Any], ticket: str) -> httpx.Response:
    """Press play: the open."""
    return listener.get(f"{SHARED}{link['token']}?visit={ticket}", headers=JSON)


def ask(
    listener: httpx.Client, link: dict[str, Any], below: str, session: str, ticket: str
) -> httpx.Response:
    """What the page asks for of an open link. The events are left as soon as they begin."""
    path = f"{SHARED}{link['token']}/{below}?visit={ticket}"
    with listener.stream("GET", path, headers={"Listen-Session": session}) as answer:
        if below != "events" or answer.status_code != 200:
            answer.read()
    return answer


def left(listener: httpx.Client, link: dict[str, Any]) -> int:
    """What is left of the rate, which asking spends one more of."""
    answer = listener.head(f"{SHARED}{link['token']}", headers=JSON)
    return int(answer.headers["x-ratelimit-remaining"])
