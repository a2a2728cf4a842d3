"""An upload at the desk that something comes between: a cut, a reload, a change of mind, another title."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Dialog, Error, Page, expect

from browser.desk import AtDesk
from browser.desk_rules import serving_desk
from browser.desk_uploads import (
    PAGE,
    choose,
    hold_back,
    large_wav,
    nothing_stays,
    row,
    rows,
    signed_in,
    song,
    until_done,
    until_under_way,
)
from browser.listening import Visits
from cast import Server
from engines import of_folder
from fault_proxy import FaultProxy, fault_proxy

pytestmark = of_folder

LARGE_BYTES = 200_000_000
MOST_HEAP = 20_000_000  # A renderer that held the file would have it in its heap, or beside it.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture
def proxy(server: Server) -> Iterator[FaultProxy]:
    with fault_proxy(server.port) as running:
        yield running


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A file, and its SHA-256."""
    path = tmp_path_factory.mktemp("audio") / "Long evening.wav"
    return path, large_wav(path, LARGE_BYTES)


def behind(proxy: FaultProxy, server: Server, page: Page) -> Page:
    signed_in(AtDesk(server, page))
    page.goto(f"http://localhost:{proxy.port}{PAGE}")
    return page


def require_audio(owner: httpx.Client, digest: str) -> str:
    track_id: str = owner.get(f"/audio/{digest}").raise_for_status().json()["track_id"]
    return track_id


def test_a_cut_in_the_middle_is_gone_over_and_the_file_is_whole(
    visit: Visits, server: Server, owner: httpx.Client, proxy: FaultProxy, large: tuple[Path, str]
) -> None:
    path, digest = large
    seen = visit()
    page = behind(proxy, server, seen.page)
    choose(page, path)
    until_under_way(page, "Long evening", 0.3)
    proxy.refuse()
    told = row(page, "Long evening").locator(".told")
    expect(told).to_have_text(
        "There is no connection. It goes on by itself as soon as there is one."
    )
    ((arrived,),) = server.query("SELECT count(*) FROM resumable_uploads WHERE track_id IS NULL")
    assert arrived == 1
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    (heap,) = [one["value"] for one in metrics if one["name"] == "JSHeapUsedSize"]
    assert heap < MOST_HEAP
    proxy.heal()
    # As a browser tells that it has a connection again.
    page.evaluate("dispatchEvent(new Event('online'))")
    until_done(page, "Long evening", 120_000)
    require_audio(owner, digest)
    sent = [r for r in seen.requests if r.method == "PATCH"]
    assert len([r for r in sent if r.headers["upload-offset"] == "0"]) == 1, "it wasn't begun anew"
    assert [r.method for r in seen.requests if "/uploads" in r.url].count("POST") == 1
    nothing_stays(page, server)


def test_after_a_reload_the_same_file_goes_on_where_it_was_with_its_title(
    visit: Visits, server: Server, owner: httpx.Client, proxy: FaultProxy, tmp_path: Path
) -> None:
    path = tmp_path / "Half way.wav"
    digest = large_wav(path, 40_000_000)
    seen = visit()
    page = behind(proxy, server, seen.page)
    choose(page, path)
    until_under_way(page, "Half way", 0.5)
    page.get_by_label("Title").fill("Typed before")
    page.keyboard.press("Tab")
    proxy.refuse()
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    # The page from before doesn't go on meanwhile.
    page.route("**/uploads/*", lambda route: route.abort())
    proxy.heal()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/uploads/*")
    before = len(seen.requests)
    choose(page, path)
    expect(page.get_by_label("Title")).to_have_value("Typed before")
    until_done(page, "Typed before", 60_000)
    track = owner.get(f"/tracks/{require_audio(owner, digest)}").json()
    assert track["title"] == "Typed before"
    asked = [r for r in seen.requests[before:] if "/uploads" in r.url]
    assert [r.method for r in asked[:2]] == ["HEAD", "PATCH"]
    assert int(asked[1].headers["upload-offset"]) > 0
    assert page.evaluate("localStorage.getItem('listenlink-uploads')") is None


def test_what_is_kept_of_uploads_is_bounded_and_passes(
    visit: Visits, server: Server, tmp_path: Path
) -> None:
    page = signed_in(AtDesk(server, visit().page))
    page.evaluate(
        "localStorage.setItem('listenlink-uploads', JSON.stringify([...Array(300).keys()].map((number) =>"
        " ({ print: `p${number}`, url: '/x', title: '', at: Date.now() - (number < 150 ? 1e9 : 0) }))))"
    )
    page.route("**/uploads/*", lambda route: route.abort())
    choose(page, song(tmp_path))
    expect(page.get_by_text("There is no connection.")).to_be_visible()
    kept = page.evaluate("JSON.parse(localStorage.getItem('listenlink-uploads'))")
    assert len(kept) == 100
    assert kept[-1]["url"].startswith(f"http://localhost:{server.port}/v1/music/")
    page.evaluate("localStorage.setItem('listenlink-uploads', '{nonsense')")
    page.unroute("**/uploads/*")
    choose(page, song(tmp_path, "other.flac", 9))
    until_done(page, "other")
    page.evaluate("dispatchEvent(new Event('online'))")
    until_done(page, "song")


def test_it_is_cancelled_and_tried_again(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    page = signed_in(AtDesk(server, visit().page))
    held = hold_back(page)
    paths = [song(tmp_path, f"{number}.flac", 20 + number) for number in range(5)]
    choose(page, *paths)
    expect(rows(page)).to_have_count(5)
    page.wait_for_timeout(0)
    while len(held) < 3:
        page.wait_for_timeout(20)
    # Three at a time; the others wait.
    expect(rows(page).get_by_text("Waiting", exact=True)).to_have_count(2)
    rows(page).nth(4).get_by_role("button", name="Cancel", exact=True).click()
    rows(page).nth(0).get_by_role("button", name="Cancel", exact=True).click()
    expect(rows(page).get_by_text("Cancelled", exact=True)).to_have_count(2)
    retry = rows(page).nth(0).get_by_role("button", name="Retry", exact=True)
    expect(retry).to_be_focused()
    page.unroute("**/uploads/*")
    for route in held:
        with contextlib.suppress(Error):  # The cancelled one's: whose came first isn't said.
            route.continue_()
    expect(page.locator("#upload-told")).to_have_text("Uploaded: 3 of 5.")
    retry.click()
    expect(page.locator("#upload-told")).to_have_text("Uploaded: 4 of 5.")
    assert len(owner.get("/tracks").json()["items"]) >= 4
    nothing_stays(page, server)


def test_a_title_that_is_typed_meanwhile_is_the_tracks(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    page = signed_in(AtDesk(server, visit().page))
    held = hold_back(page)
    choose(page, song(tmp_path, "Working title.flac", 30))
    while not held:
        page.wait_for_timeout(20)
    title = page.get_by_label("Title")
    expect(title).to_have_value("Working title")
    title.fill("Its name <i>at last</i>")
    held[0].continue_()
    page.unroute("**/uploads/*")
    # Whoever is still typing is waited for, and isn't interrupted.
    expect(rows(page).get_by_text("Uploaded", exact=True)).to_be_visible()
    expect(title).to_be_focused()
    expect(title).to_have_value("Its name <i>at last</i>")
    title.press("End")
    title.type("!")
    title.blur()
    name = "Its name <i>at last</i>!"
    expect(rows(page).get_by_role("link", name=name, exact=True)).to_be_visible()
    assert owner.get("/tracks").json()["items"][0]["title"] == name
    # And afterwards, without a connection: it's said, and nothing is lost.
    page.context.set_offline(True)
    title.fill("Once more")
    title.blur()
    expect(rows(page)).to_contain_text("The title isn't changed yet.")
    page.context.set_offline(False)
    expect(rows(page).get_by_role("link", name="Once more", exact=True)).to_be_visible()
    assert owner.get("/tracks").json()["items"][0]["title"] == "Once more"


def test_who_leaves_is_warned_while_something_runs_and_only_then(
    visit: Visits, server: Server, tmp_path: Path
) -> None:
    page = signed_in(AtDesk(server, visit().page))
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.route("**/uploads/*", lambda route: None)
    choose(page, song(tmp_path, "Left.flac", 40))
    expect(rows(page)).to_have_count(1)
    page.get_by_label("Made with", exact=True).select_option("studio")
    page.reload()
    assert asked == ["beforeunload"]
    page.unroute("**/uploads/*")
    choose(page, song(tmp_path, "Right.flac", 41))
    until_done(page, "Right")
    page.reload()
    assert asked == ["beforeunload"]


def test_who_is_signed_out_is_told_and_goes_on_once_signed_in(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    desk = AtDesk(server, visit().page)
    page = signed_in(desk)
    page.context.clear_cookies()
    choose(page, song(tmp_path, "Signed out.flac", 50))
    expect(row(page, "Signed out")).to_contain_text("You aren't signed in any more.")
    other = AtDesk(server, page.context.new_page())
    other.sign_in()
    row(page, "Signed out").get_by_role("button", name="Retry", exact=True).click()
    until_done(page, "Signed out")
