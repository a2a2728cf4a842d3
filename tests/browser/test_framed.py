"""The embed in other sites' frames, with all that such a site may forbid it, in Chromium and in Firefox."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from browser.chromium import Site, running_site
from browser.windows import (
    BROWSERS,
    Windows,
    open_player,
    running_windows,
    state,
    wait_for,
    wait_until_alive,
    wait_until_heard,
)
from cast import share

# Each as some site frames what it doesn't know; without allow-same-origin the frame has no origin of its own.
FRAMES = {
    "without autoplay": "allow='autoplay \\'none\\''",
    "as WordPress does": "sandbox='allow-scripts' security='restricted'",
    "with popups": "sandbox='allow-scripts allow-popups'",
    "with forms": "sandbox='allow-scripts allow-forms allow-popups'",
    "with its origin": "sandbox='allow-scripts allow-same-origin'",
    "with all": "sandbox='allow-scripts allow-same-origin allow-forms allow-popups'",
    "plain": "",
    "telling where it is": "sandbox='allow-scripts' referrerpolicy='unsafe-url'",
}
PAGES = [tuple(FRAMES)[:4], tuple(FRAMES)[4:]]
if not os.environ.get("LISTENLINK_TEST_FULL"):
    PAGES = PAGES[:1]


@pytest.fixture(scope="module", params=BROWSERS)
def windows(request: pytest.FixtureRequest) -> Iterator[Windows]:
    with running_windows(request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def blog() -> Iterator[Site]:
    """Another site. Not by the address that the server has, so that it's one for cookies as well."""
    with running_site() as site:
        site.url = site.url.replace("127.0.0.1", "localhost")
        yield site


def framed(link: dict[str, Any], attributes: str) -> str:
    url = link["url"].replace("/v1/music/shared/", "/embed/")
    return f'<iframe src="{url}" width="480" height="180" {attributes}></iframe>'


@pytest.mark.parametrize("names", PAGES)
def test_it_plays_in_every_frame_and_falls_silent_when_the_link_is_closed(
    windows: Windows,
    owner: httpx.Client,
    songs: list[dict[str, Any]],
    blog: Site,
    names: tuple[str, ...],
) -> None:
    """A hidden preview too: what it shows is asked for from the frame. Four at once, because a browser has
    six connections to a server, and each of these keeps one."""
    links = [share(owner, songs[0]["id"], preview=bool(number % 2)) for number in range(len(names))]
    frames = [framed(link, FRAMES[name]) for link, name in zip(links, names, strict=True)]
    blog.pages["/blog"] = "<!doctype html><title>Blog</title>" + "".join(frames)
    window = windows()
    window.goto(blog.url + "/blog")
    for number in range(len(names)):
        wait_until_alive(window, number)
        window.press("#play", number)
    for number, name in enumerate(names):
        wait_until_heard(window, number)
        assert state(window, number)["title"] == "Song 0", name
    for link in links:
        assert owner.get(f"/share/{link['id']}").json()["opens"] == 1
        owner.delete(f"/share/{link['id']}").raise_for_status()
    closed_at = time.monotonic()
    for number in range(len(names)):
        wait_for(lambda: state(window, number)["status"].startswith("This link was closed"))  # noqa: B023
    assert time.monotonic() - closed_at < 4
    window.close()


def test_a_browser_that_keeps_nothing_plays_too(
    windows: Windows, owner: httpx.Client, songs: list[dict[str, Any]]
) -> None:
    """Storage is full, or forbidden: what can't be kept isn't, and nothing else is lost."""
    link = share(owner, songs[0]["id"])
    window = windows()
    open_player(window, link["url"])
    window.ask(
        "['sessionStorage', 'localStorage'].forEach(name => Object.defineProperty(window, name, "
        "{ get() { throw new DOMException('no', 'SecurityError') } }))"
    )
    window.press("#play")
    wait_until_heard(window)
    window.close()
