"""Declaring a licence in a browser: of a track, as the default, while uploading; and what listeners see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.desk_uploads import choose, rows, signed_in, song, until_done
from browser.hostile import PAYLOADS, packed
from browser.listening import Visits, collect, open_page
from cast import Server, share, upload
from engines import of_folder
from media.make_audio import make

pytestmark = of_folder
BY = "https://creativecommons.org/licenses/by/4.0/"
TICK = "I know that this can't be taken back"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audio") / "Harbour.wav"
    return make("wav16", path, sample_count=44_100 * 5)


def new_track(owner: httpx.Client, wav: Path, **said: str) -> str:
    return str(upload(owner, wav, engine="own_recording", artist="Ana", **said)["id"])


def declares(page: Page) -> None:
    """From the choice to the line that says what was done; forgetting the tick in between."""
    form = page.get_by_role("form", name="Licence")
    tick = form.get_by_role("checkbox", name=TICK)
    expect(tick).to_be_hidden()
    form.get_by_role("radio", name="Cleared for commercial use", exact=True).check()
    expect(tick).to_be_hidden()
    form.get_by_role("radio", name="CC BY 4.0", exact=True).check()
    expect(tick).to_be_visible()
    form.get_by_label("Credit line").fill("Ana, <i>Harbour</i>")
    form.get_by_role("button", name="Declare").click()
    expect(form.get_by_role("alert")).to_contain_text("can't be taken back. Say that you know it.")
    expect(form.get_by_label("Credit line")).to_have_value("Ana, <i>Harbour</i>")
    expect(form.get_by_role("radio", name="CC BY 4.0", exact=True)).to_be_checked()
    tick.check()
    form.get_by_role("button", name="Declare").click()
    expect(page.get_by_role("status").first).to_have_text("The licence is declared.")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_licence_is_declared_and_listeners_are_led_to_it(
    visit: Visits, server: Server, owner: httpx.Client, wav: Path, has_script: bool
) -> None:
    track = new_track(owner, wav, title=f"Declared {has_script}")
    before = share(owner, track)
    seen = visit(java_script_enabled=has_script)
    desk = AtDesk(server, seen.page)
    if has_script:
        desk.sign_in()
    else:
        seen.page.goto(link := desk.link())
        seen.page.get_by_label("Link", exact=True).fill(link)
        desk.press("Sign in")
    declares(desk.go(f"/desk/tracks/{track}"))
    expect(seen.page.get_by_text("Links made before")).to_be_visible()
    nothing_was_wrong(seen, server)
    listening = visit()
    page = open_page(listening, share(owner, track))
    terms = page.get_by_role("link", name="CC BY 4.0", exact=True)
    expect(terms).to_have_attribute("href", BY)
    expect(page.locator("#attribution-text")).to_have_text("Ana, <i>Harbour</i>")
    page = open_page(listening, before)
    expect(page.locator("#licence-sentence")).to_contain_text("To be listened to, in private.")
    expect(page.locator("#licence-terms a")).to_have_count(0)
    assert listening.hosts() == {f"127.0.0.1:{server.port}"}
    assert (listening.blocked, listening.errors) == ([], [])


@pytest.mark.parametrize("is_embed", [False, True])
def test_each_track_of_a_collection_leads_to_its_own(
    visit: Visits, owner: httpx.Client, wav: Path, is_embed: bool
) -> None:
    tracks = [{"id": new_track(owner, wav, title=f"Number {number}")} for number in range(2)]
    said = {"declared_licence": "CC-BY-4.0", "confirmed": True}
    # The one that was put in last comes first.
    owner.patch(f"/tracks/{tracks[1]['id']}", json=said).raise_for_status()
    url = str(share(owner, collect(owner, tracks)["id"])["url"])
    page = visit().page
    page.goto(url.replace("/v1/music/shared/", "/embed/") if is_embed else url)
    page.wait_for_selector("html.alive")
    terms = page.locator("#licence-terms a")
    expect(terms).to_have_attribute("href", BY)
    expect(terms).to_have_text("CC BY 4.0")
    page.get_by_role("button", name="Next").click()
    expect(terms).to_have_count(0)
    expect(page.locator("#licence-sentence")).to_contain_text("To be listened to, in private.")


def test_files_are_declared_as_they_are_put_in(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    seen = visit()
    page = signed_in(AtDesk(server, seen.page))
    licence, tick = page.get_by_label("Licence"), page.get_by_role("checkbox", name=TICK)
    expect(licence).to_have_value("")
    for hidden in (tick, page.get_by_label("Credit line")):
        expect(hidden).to_be_hidden()
    licence.select_option("commercial")
    expect(page.locator("#upload-licence")).to_have_text(
        "Commercial use is allowed. So says the creator."
    )
    page.get_by_label("Credit line").fill("Ana & Ben")
    page.get_by_label("Credit line").blur()
    expect(page.locator("#upload-licence")).to_contain_text("The source must be named.")
    licence.select_option("CC-BY-4.0")
    choose(page, song(tmp_path, "Waits.flac", 7), song(tmp_path, "Later.flac", 8))
    expect(page.locator("#upload-told")).to_contain_text("Say first that you know")
    expect(tick).to_be_focused()
    assert rows(page).count() == 0
    page.keyboard.press("Space")
    for name in ("Waits", "Later"):
        until_done(page, name)
    told = [owner.get("/tracks").json()["items"][place] for place in range(2)]
    assert {(one["declared_licence"], one["attribution_text"]) for one in told} == {
        ("CC-BY-4.0", "Ana & Ben")
    }
    # Of what an engine made nothing is declared, whatever was chosen before.
    page.get_by_label("Made with", exact=True).select_option("studio")
    expect(licence).to_be_hidden()
    choose(page, song(tmp_path, "Made.flac", 9))
    until_done(page, "Made")
    assert owner.get("/tracks").json()["items"][0]["declared_licence"] is None
    nothing_was_wrong(seen, server)


def test_an_owner_sets_the_default_by_keyboard_alone(
    visit: Visits, server: Server, owner: httpx.Client, wav: Path
) -> None:
    seen = visit()
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    page = desk.go("/desk/about")
    form = page.get_by_role("form", name="Default licence for own recordings")
    form.get_by_role("radio", name="Listen only", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(form.get_by_role("radio", name="CC BY-NC 4.0", exact=True)).to_be_checked()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "confirmed":
            break
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("The default is declared.")
    track = new_track(owner, wav, title="By default")
    assert owner.get(f"/tracks/{track}").json()["declared_licence"] == "CC-BY-NC-4.0"
    nothing_was_wrong(seen, server)


def test_a_credit_line_is_text_wherever_it_stands(
    visit: Visits, server: Server, owner: httpx.Client, wav: Path
) -> None:
    """Past what is cleaned of it, too: as it's stored."""
    track = new_track(owner, wav, title="Hostile")
    said = {"declared_licence": "commercial", "attribution_text": "x"}
    owner.patch(f"/tracks/{track}", json=said).raise_for_status()
    link, number = share(owner, track), int(track.removeprefix("mtrack_"), 16)
    seen, heard = visit(), visit()
    desk = AtDesk(server, seen.page)
    desk.sign_in()
    for text in (line.replace("\n", " ") for line in packed(PAYLOADS, 500)):
        month = "0:commercial+/2026-01"
        server.change("UPDATE tracks SET declared = ? WHERE id = ?", f"{month}\n{text}", number)
        server.change("UPDATE declarations SET attribution_text = ?", text)
        page = open_page(heard, link)
        assert page.locator("#attribution-text").text_content() == text
        page = desk.go(f"/desk/tracks/{track}")
        for place in (page.locator(".attribution span"), page.locator("h3 + .rows bdi").first):
            assert place.text_content() == text
        assert page.get_by_label("Credit line").input_value() == text
    nothing_was_wrong(seen, server)
    assert (heard.blocked, heard.ran, heard.errors) == ([], [], [])
