"""What somebody with very many links looks at: each list, the desk's first pages, and a link's numbers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from library import Library, run_listenlink
from serve import Served

_ROUNDS = 3
# What a browser sends with a form of the page itself.
_OWN = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Page(NamedTuple):
    """Something that is asked for, and where."""

    words: str
    path: str
    at_desk: bool = False


@dataclass(frozen=True)
class Person:
    """Who asks: by a key, and signed in at the desk."""

    by_key: httpx.Client
    at_desk: httpx.Client

    def seconds(self, page: Page) -> float | None:
        """How long an answer takes: the median of some, since the first one reads from the disk. None if it
        isn't answered, because it takes longer than the server allows."""
        client, took = self.at_desk if page.at_desk else self.by_key, []
        for _ in range(_ROUNDS):
            began = time.monotonic()
            answer = client.get(page.path)
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                return None
            answer.raise_for_status()
            took.append(time.monotonic() - began)
        return median(took)


def pages(link: str, track: str) -> Iterator[Page]:
    """All of them. `link` has very many opens, `track` as many links as the others."""
    yield Page("links, the first page", "/share?limit=50")
    yield Page("links that are active", "/share?limit=50&state=active")
    yield Page("links that were revoked, of which there is none", "/share?limit=50&state=revoked")
    yield Page("links to one track", f"/share?limit=50&target_id={track}")
    yield Page("links by a word in their label, which none has", "/share?limit=50&q=needle")
    yield Page("tracks, the first page", "/tracks?limit=50")
    yield Page("numbers of a link that is opened very often", f"/share/{link}/stats")
    yield Page("opens of that link, the first page", f"/share/{link}/opens?limit=50")
    yield Page("numbers of a track", f"/tracks/{track}/stats")
    yield Page("desk: tracks", "/desk", at_desk=True)
    yield Page("desk: tracks, most opened first", "/desk?sort=opens", at_desk=True)
    yield Page("desk: tracks by a word", "/desk?q=study", at_desk=True)
    yield Page("desk: links", "/desk/links", at_desk=True)
    yield Page("desk: everybody's links", "/desk/links?whose=everybody", at_desk=True)
    yield Page("desk: a link that is opened very often", f"/desk/links/{link}", at_desk=True)
    yield Page("desk: a track", f"/desk/tracks/{track}", at_desk=True)


def sign_in(server: Served, data: Path, library: Library) -> Person:
    """The person of the instance, by both ways."""
    command = ["user", "sign-in-link", "me@localhost", "--data", str(data), "--json"]
    told = json.loads(run_listenlink(*command, settings=server.settings))
    desk = httpx.Client(base_url=server.url, headers=_OWN, timeout=300, follow_redirects=False)
    answer = desk.post("/desk/welcome", data={"link": told["url"]})
    desk.headers["Cookie"] = answer.headers["set-cookie"].partition(";")[0]
    desk.cookies.clear()
    base = f"{server.url}/v1/music/{library.organization}"
    return Person(
        httpx.Client(base_url=base, headers={"X-API-Key": library.key}, timeout=300), desk
    )
