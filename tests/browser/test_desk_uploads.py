"""Putting files in at the desk: chosen, dropped, folders with broken ones in them; and the plain form."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FileChooser, expect

from browser.desk import AtDesk
from browser.desk_rules import nothing_was_wrong, serving_desk
from browser.desk_uploads import (
    PAGE,
    choose,
    drop,
    row,
    rows,
    signed_in,
    song,
    until_done,
)
from browser.listening import Visits
from cast import Server
from engines import of_folder

pytestmark = of_folder

FILES, BROKEN = (200, 10) if os.environ.get("LISTENLINK_TEST_FULL") == "1" else (24, 4)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def titles(owner: httpx.Client) -> list[str]:
    """Of all tracks, the newest first."""
    found, cursor = [], None
    while True:
        query = {"limit": "100"} | ({} if cursor is None else {"cursor": cursor})
        page = owner.get("/tracks", params=query).json()
        found += [track["title"] for track in page["items"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            return found


def test_files_are_chosen_and_each_has_its_track_and_a_link_to_share(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    seen = visit()
    page = signed_in(AtDesk(server, seen.page))
    choose(page, song(tmp_path, "First one.flac", 1), song(tmp_path, "Second one.flac", 2))
    for name in ("First one", "Second one"):
        done = until_done(page, name)
        link = done.get_by_role("link", name=name, exact=True)
        track_id = str(link.get_attribute("href")).rpartition("/")[2]
        track = owner.get(f"/tracks/{track_id}").json()
        assert (track["title"], track["engine"]) == (name, "own_recording")
        share = done.get_by_role("link", name="Share", exact=True)
        assert share.get_attribute("href") == f"/desk/tracks/{track_id}/share"
        assert share.get_attribute("data-title") == name
        assert share.get_attribute("data-share") is not None
        expect(done.get_by_role("progressbar")).to_be_hidden()
    expect(page.locator("#upload-told")).to_have_text("Uploaded: 2 of 2.")
    # The same ones once more are other tracks, of the same audio.
    choose(page, tmp_path / "First one.flac")
    expect(page.locator("#upload-told")).to_have_text("Uploaded: 3 of 3.")
    assert titles(owner).count("First one") == 2
    page.get_by_role("link", name="Show in the list", exact=True).click()
    listed = page.get_by_role("region", name="Your tracks").get_by_role("link", name="First one")
    expect(listed).to_have_count(2)
    nothing_was_wrong(seen, server)


def test_what_it_is_made_with_is_chosen_and_its_licence_told(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    page = signed_in(AtDesk(server, visit().page))
    made_with = page.get_by_label("Made with", exact=True)
    expect(made_with).to_have_value("own_recording")
    expect(page.locator("#upload-licence")).to_contain_text("The source must be named.")
    made_with.select_option("studio_cleared")
    expect(page.locator("#upload-licence")).to_have_text("Commercial use is allowed.")
    drop(page, song(tmp_path, "Cleared.flac", 3))
    until_done(page, "Cleared")
    assert owner.get("/tracks").json()["items"][0]["engine"] == "studio_cleared"


@pytest.mark.timeout(600)
def test_a_folder_is_dropped_with_broken_ones_and_others_in_it(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    folder = tmp_path / "An album"
    for number in range(FILES - BROKEN):
        song(folder / f"Disc {number % 2}", f"Track {number}.flac", 100 + number)
    for number in range(BROKEN):
        whole = song(folder, f"Broken {number}.flac", 500 + number)
        whole.write_bytes(whole.read_bytes()[: 60 if number % 2 else -200])
    for name in ("cover.jpg", ".DS_Store", "Disc 0/._Track 0.flac", "notes.txt"):
        (folder / name).write_bytes(b"something else")
    seen, before = visit(), len(titles(owner))
    page = signed_in(AtDesk(server, seen.page))
    drop(page, folder)
    told = page.locator("#upload-told")
    expect(told).to_contain_text(f"Not taken in: {BROKEN}.", timeout=280_000)
    expect(told).to_contain_text(f"Uploaded: {FILES - BROKEN} of {FILES}.", timeout=280_000)
    expect(told).to_contain_text("Skipped, because they aren't audio: 4.")
    reasons = rows(page).locator(".told").filter(has_text="file is").all_text_contents()
    assert len(reasons) + rows(page).get_by_text("Part of this file").count() >= BROKEN
    # What wants an eye is above what doesn't.
    first = rows(page).locator(".name").all_text_contents()[:BROKEN]
    assert all("Broken" in name for name in first)
    made = titles(owner)
    assert len(made) == before + FILES - BROKEN
    assert {f"Track {number}" for number in range(FILES - BROKEN)} <= set(made)
    nothing_was_wrong(seen, server)


def test_a_folder_is_chosen_by_the_input(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    song(tmp_path / "Chosen", "In a folder.flac", 4)
    (tmp_path / "Chosen" / "cover.png").write_bytes(b"x")
    page = signed_in(AtDesk(server, visit().page))
    page.get_by_label("Choose a folder").set_input_files(tmp_path / "Chosen")
    until_done(page, "In a folder")
    expect(page.locator("#upload-told")).to_contain_text("Skipped, because they aren't audio: 1.")
    (tmp_path / "Empty").mkdir()
    (tmp_path / "Empty" / "notes.txt").write_bytes(b"x")
    drop(page, tmp_path / "Empty")
    expect(page.locator("#upload-told")).to_contain_text("There is no audio file in there.")


def test_what_the_server_refuses_says_why_in_the_readers_language(
    visit: Visits, server: Server, tmp_path: Path
) -> None:
    text = tmp_path / "Keine Musik.txt"
    text.write_text("Nothing to hear.")
    page = visit(locale="de-DE").page
    desk = AtDesk(server, page)
    page.goto(desk.link())
    page.wait_for_function("!location.hash")
    page.locator("#welcome button").click()
    page.wait_for_url("**/desk/welcome/next")
    desk.go(PAGE)
    page.locator("#upload-file").set_input_files([text, song(tmp_path, "Musik.flac", 5)])
    expect(row(page, "Keine Musik").locator(".told")).to_contain_text("WAV, FLAC, MP3")
    expect(row(page, "Keine Musik").locator(".told")).not_to_contain_text("This file")
    expect(row(page, "Musik").filter(has=page.locator("a[data-share]:visible"))).to_have_count(1)


def test_all_of_it_works_by_the_keyboard_alone(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    seen = visit()
    # Before the page is there: listening for one takes effect a little later.
    choosers: list[FileChooser] = []
    seen.page.on("filechooser", lambda chooser: choosers.append(chooser))
    page = signed_in(AtDesk(server, seen.page))
    page.get_by_label("Made with", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "upload-file"
    page.keyboard.press("Enter")
    while not choosers:
        page.wait_for_timeout(20)
    choosers[0].set_files([song(tmp_path, "By keys.flac", 6)])
    until_done(page, "By keys")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "upload-folder"
    page.keyboard.press("Tab")
    expect(rows(page).get_by_role("link", name="By keys", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("By keys alone")
    page.keyboard.press("Tab")
    expect(rows(page).get_by_role("link", name="By keys alone", exact=True)).to_be_visible()
    assert titles(owner)[0] == "By keys alone"
    nothing_was_wrong(seen, server)


def test_without_script_one_file_is_sent_by_the_plain_form(
    visit: Visits, server: Server, owner: httpx.Client, tmp_path: Path
) -> None:
    page = visit(java_script_enabled=False).page
    desk = AtDesk(server, page)
    link = desk.link()
    page.goto(link)
    page.get_by_label("Link", exact=True).fill(link)
    desk.press("Sign in")
    desk.go(PAGE)
    expect(page.get_by_label("Choose a folder")).to_be_hidden()
    text = tmp_path / "a.txt"
    text.write_text("Nothing to hear.")
    page.get_by_label("Title").fill("Without script")
    page.get_by_label("Made with", exact=True).select_option("studio")
    choose(page, text)
    desk.press("Send")
    expect(page.get_by_role("alert")).to_contain_text("This file is not audio")
    upload = page.get_by_label("Upload", exact=True)
    expect(upload).to_have_accessible_description(str(page.get_by_role("alert").text_content()))
    expect(page.get_by_label("Title")).to_have_value("Without script")
    expect(page.get_by_label("Made with", exact=True)).to_have_value("studio")
    choose(page, song(tmp_path, "a.flac", 7))
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        desk.press("Send")
    assert sent.value.headers["location"] == "/desk?done=uploaded"
    assert titles(owner)[0] == "Without script"
