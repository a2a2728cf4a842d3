"""The desk's tracks for everybody, and whatever they're called: without script, by axe's rules, as text."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from browser.desk import AtDesk
from browser.desk_music import IS_SOUNDING, NAMES, make_song, put_in
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.hostile import PAYLOADS, packed
from browser.listening import Visits
from browser.test_accessibility import violations
from cast import Server, upload
from engines import of_folder
from listenlink.model import ids

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_song(tmp_path_factory.mktemp("audio"))


@pytest.fixture(scope="module")
def songs(owner: httpx.Client, wav: Path) -> dict[str, str]:
    return put_in(owner, wav)


def test_all_of_it_works_without_script(
    visit: Visits, server: Server, songs: dict[str, str], owner: httpx.Client, wav: Path
) -> None:
    track = upload(owner, wav, title="Scriptless")["id"]
    seen = visit(java_script_enabled=False)
    desk, page = AtDesk(server, seen.page), seen.page
    link = desk.link()
    page.goto(link)
    page.get_by_label("Link", exact=True).fill(link)
    desk.press("Sign in")
    page.get_by_role("link", name="Skip", exact=True).click()
    page.get_by_label("Search by title or artist").fill("scriptless")
    desk.press("Search")
    page.get_by_role("link", name="Play", exact=True).click()
    page.wait_for_url(f"**/desk/tracks/{track}")
    sound = page.locator("audio[controls]")
    expect(sound).to_be_visible()
    expect(page.locator("#player")).to_be_hidden()
    assert page.request.get(desk.url + str(sound.get_attribute("src"))).status == 200
    page.get_by_label("Artist").fill("Ben")
    desk.press("Save")
    expect(page.locator(".artist")).to_have_text("Ben")
    desk.press("Remove track")
    desk.press("Remove track")
    expect(page.get_by_role("status").first).to_have_text("The track is removed.")


def test_nothing_is_wrong_while_it_plays(
    visit: Visits, server: Server, songs: dict[str, str]
) -> None:
    seen = visit(bypass_csp=True, reduced_motion="reduce")
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    for path, button in (("/desk", "Play"), (songs[NAMES[0]], "Play")):
        page = desk.go(path)
        page.get_by_role("button", name=button, exact=True).first.click()
        page.wait_for_function(IS_SOUNDING)
        assert violations(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def _copy_track(server: Server, source: int | None, texts: list[str]) -> None:
    """The track once more under each of these titles, past what an upload cleans."""
    with contextlib.closing(sqlite3.connect(server.database, timeout=10)) as connection, connection:
        for table, key in (("tracks", "id"), ("library", "track_id")):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            new = {"id": ":id", "track_id": ":id", "title": ":title", "artist": ":artist"}
            chosen = ", ".join(new.get(name, name) for name in names)
            connection.executemany(
                f"INSERT INTO {table} SELECT {chosen} FROM {table} WHERE {key} = :source",  # noqa: S608
                [
                    {"id": number, "title": text, "artist": texts[-1 - place], "source": source}
                    for place, (number, text) in enumerate(enumerate(texts, 1000))
                ],
            )


def test_the_longest_titles_are_text_and_run_over_nothing(
    visit: Visits, server: Server, owner: httpx.Client, wav: Path
) -> None:
    """Past what an upload cleans, and as long as can be stored."""
    source = ids.parse_id(ids.TRACK, upload(owner, wav, title="Source")["id"])
    texts = packed(PAYLOADS)
    _copy_track(server, source, texts)
    seen = visit()
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    assert desk.go("/desk").locator("#tracks li").count() >= len(texts)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    for number, text in enumerate(texts, 1000):
        page_of = f"/desk/tracks/{ids.public_id(ids.TRACK, number)}"
        expect(desk.go(page_of).get_by_role("heading", level=1)).to_have_js_property(
            "textContent", text
        )
    desk.go(page_of + "/remove")
    seen.page.set_viewport_size({"width": 320, "height": 640})
    desk.go("/desk?q=script")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 320
    nothing_was_wrong(seen, server)
