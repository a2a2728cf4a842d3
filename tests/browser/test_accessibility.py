"""The page works for everybody: axe finds nothing in any state, and the keyboard gets everywhere in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from browser.chromium import SIZES, Site
from browser.listening import Visits, collect, open_page, wait_until_past
from cast import Server, share, upload, wait_for_sound
from media.make_audio import add_cover, make

# What is fixed by law and good practice both; nothing is left out.
_RULES = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]}, "rules": {"label-content-name-mismatch": {"enabled": True}}}  # fmt: skip
# Without what passed, which would only be carried here.
_RUN = "rules => axe.run(rules).then((told) => told.violations)"
_FOCUS = """() => { const element = document.activeElement;
  return element.id || element.className || element.textContent.trim().slice(0, 30) || element.tagName }"""
_SETTLED = """() => Promise.all(document.getAnimations()
  .filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => null)))
  .then(() => null)"""
_RING = """() => { const element = document.activeElement;
  const shown = element.id === "seek" ? element.parentElement : element;
  const style = getComputedStyle(shown);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 }"""


class Studio:
    """Music, and links to it in each state."""

    def __init__(self, server: Server, owner: httpx.Client, folder: Path) -> None:
        self.server, self.owner = server, owner
        covered = add_cover(make("mp3_xing", folder / "a.mp3", sample_count=44_100 * 20))
        plain = make("wav16", folder / "b.wav", sample_count=44_100 * 20)
        paths = {covered: "Covered", plain: "Plain"}
        self.songs = [
            upload(owner, path, title=title, artist="Ana") for path, title in paths.items()
        ]
        for song in self.songs:
            wait_for_sound(owner, song["id"])
        self.album = collect(owner, self.songs)["id"]

    def url(self, target: str = "", **terms: Any) -> str:
        return str(share(self.owner, target or self.songs[0]["id"], **terms)["url"])

    def closed(self) -> tuple[str, Callable[[], None]]:
        link = share(self.owner, self.songs[1]["id"])

        def close() -> None:
            self.owner.delete(f"/share/{link['id']}").raise_for_status()

        return link["url"], close

    def removed(self, folder: Path) -> str:
        track = upload(self.owner, make("wav16", folder / "gone.wav"))
        url = self.url(track["id"])
        self.owner.delete(f"/tracks/{track['id']}").raise_for_status()
        return url


@pytest.fixture(scope="module")
def studio(server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(server, owner, tmp_path_factory.mktemp("audio"))


@pytest.fixture
def axe_visit(visit: Visits) -> Visits:
    """Windows into which axe may be put past the page's policy; colours that are still turning into others
    would be neither's."""
    return lambda **options: visit(bypass_csp=True, reduced_motion="reduce", **options)


def violations(page: Page) -> list[str]:
    """By day at a desk, by night on a phone: the rule, the element, what is wrong."""
    found: list[str] = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    for scheme, size in (("light", "desk"), ("dark", "phone")):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.set_viewport_size(SIZES[size])
        page.evaluate(_SETTLED)  # Colours between those of day and night are no one's.
        found += [
            f"{scheme} {size} {one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for one in page.evaluate(_RUN, _RULES)
            for node in one["nodes"]
        ]
    return found


def test_axe_finds_what_is_wrong(axe_visit: Visits, other_site: Site) -> None:
    other_site.pages["/bad"] = (
        "<p style='color:#ccc'>pale</p><img src=x><button></button><button aria-label='Go on'>Next</button>"
    )
    page = axe_visit().page
    page.goto(other_site.url + "/bad")
    found = " ".join(violations(page))
    for rule in (
        "color-contrast", "image-alt", "button-name", "html-has-lang", "document-title",
        "label-content-name-mismatch",
    ):  # fmt: skip
        assert rule in found


@pytest.mark.parametrize("state", ["track", "plain", "collection", "hidden", "download"])
def test_nothing_is_wrong_before_and_while_it_plays(
    axe_visit: Visits, studio: Studio, state: str
) -> None:
    url = {
        "track": studio.url(),
        "plain": studio.url(studio.songs[1]["id"]),
        "collection": studio.url(studio.album, expires_in_days=3),
        "hidden": studio.url(preview=False),
        "download": studio.url(allow_download=True),
    }[state]
    page = open_page(axe_visit(), {"url": url})
    if state != "hidden":
        page.locator("#licence summary").click()
    assert violations(page) == []
    page.locator("#play").click()
    wait_until_past(page, 0)
    assert violations(page) == []
    # A cover that was hidden comes with the rest.
    assert page.locator("#cover").is_visible() is (state != "plain")


def test_nothing_is_wrong_where_who_has_an_account_saves(axe_visit: Visits, studio: Studio) -> None:
    page = open_page(axe_visit(), {"url": studio.url()})
    page.locator("#save summary").click()
    assert violations(page) == []
    page.locator("#save-key").fill("ak_wrong")
    page.locator("#save-confirm").click()
    page.wait_for_function("() => document.getElementById('save-status').textContent")
    assert violations(page) == []


def test_nothing_is_wrong_when_the_link_is_closed(axe_visit: Visits, studio: Studio) -> None:
    url, close = studio.closed()
    page = open_page(axe_visit(), {"url": url})
    page.locator("#play").click()
    wait_until_past(page, 0)
    close()
    page.wait_for_selector("body.closed")
    assert violations(page) == []


def test_nothing_is_wrong_with_the_other_pages(
    axe_visit: Visits, studio: Studio, tmp_path: Path
) -> None:
    base = studio.server.url
    targets = ("", studio.album)
    posted = [httpx.post(studio.url(target)).headers["location"] for target in targets]
    embeds = [studio.url(target).replace("/v1/music/shared/", "/embed/") for target in targets]
    page = axe_visit().page
    for url in (
        f"{base}/v1/music/shared/shr_0",
        f"{base}/embed/shr_0",
        studio.removed(tmp_path),
        *(base + path for path in posted),
        *embeds,
    ):
        page.goto(url)
        assert violations(page) == [], url


def test_nothing_is_wrong_with_the_reference(axe_visit: Visits, studio: Studio) -> None:
    """Of a hundred parts that are made alike, axe gets some of each kind."""
    page = axe_visit(viewport=SIZES["phone"]).page
    page.goto(studio.server.url + "/docs")
    wide, shown = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= shown
    page.evaluate(
        """for (const one of document.querySelectorAll("article:nth-of-type(n+4):not(#schema-LinkTerms)"))
        one.remove();
        for (const one of document.querySelectorAll("nav li:nth-child(n+4)")) one.remove();"""
    )
    assert page.locator("article").count() >= 3
    assert violations(page) == []


def test_nothing_is_wrong_with_the_page_of_a_limited_client(
    axe_visit: Visits, studio: Studio
) -> None:
    url, address = studio.url(), "198.51.100.9"
    with studio.server.listener(address) as same:
        while same.head(url).status_code != 429:
            pass
    page = axe_visit(extra_http_headers={"X-Forwarded-For": address}).page
    page.goto(url)
    assert "Too many" in str(page.text_content("h1"))
    assert violations(page) == []


def tabbed(page: Page, times: int) -> list[str]:
    """Where the focus goes, and that one sees it."""
    order = []
    for _ in range(times):
        page.keyboard.press("Tab")
        order.append(page.evaluate(_FOCUS))
        assert page.evaluate(_RING), order[-1]
    return order


def test_the_keyboard_goes_from_above_to_below(visit: Visits, studio: Studio) -> None:
    page = open_page(visit(), {"url": studio.url(studio.album, allow_download=True)})
    assert tabbed(page, 11) == [
        "previous", "play", "next", "seek", "mute", "volume", "download", "download-all",
        "Plain Made with AI 0:20", "Covered Made with AI 0:20", "The facts",
    ]  # fmt: skip


def test_a_ring_that_is_not_there_would_be_missed(visit: Visits, studio: Studio) -> None:
    page = open_page(visit(bypass_csp=True), {"url": studio.url()})
    page.add_style_tag(content="* { outline: none !important }")
    page.keyboard.press("Tab")
    assert not page.evaluate(_RING)


def test_who_has_an_account_gets_there_by_keyboard(visit: Visits, studio: Studio) -> None:
    """Nobody else is asked for a key."""
    page = open_page(visit(), {"url": studio.url()})
    assert not page.locator("#save-key").is_visible()
    page.locator("#save summary").focus()
    page.keyboard.press("Enter")
    assert tabbed(page, 2) == ["save-key", "save-confirm"]
    page.locator("#save-key").fill("ak_wrong")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('save-status').textContent")
    assert page.evaluate(_FOCUS) == "save-key"


@pytest.mark.parametrize(("motion", "moves"), [("reduce", False), ("no-preference", True)])
def test_nothing_moves_for_who_wants_it_so(
    visit: Visits, studio: Studio, motion: str, moves: bool
) -> None:
    page = open_page(visit(reduced_motion=motion), {"url": studio.url(studio.album)})
    durations = page.locator("*").evaluate_all(
        """all => all.flatMap(one => { const style = getComputedStyle(one);
        return [style.transitionDuration, style.animationDuration] })"""
    )
    assert any(parse != "0s" for parse in durations) is moves
