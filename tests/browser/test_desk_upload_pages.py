"""The page where files are put in, in each state: whoever looks, and whatever the files are called."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.desk import AtDesk
from browser.desk_rules import is_for_everybody, nothing_was_wrong, serving_desk
from browser.desk_uploads import (
    PAGE,
    UPLOAD_STATES,
    large_wav,
    signed_in,
    song,
)
from browser.firefox import (
    NEEDED,
    FirefoxWindow,
    find_firefox,
    open_firefox_window,
    running_firefox,
)
from browser.hostile import PAYLOADS, packed
from browser.listening import Visits
from browser.test_weight import MOST_BYTES, bytes_of
from cast import Server
from engines import of_folder
from signed_in import new_link

pytestmark = of_folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_desk(tmp_path_factory.mktemp("instance")) as running:
        yield running


def test_a_hostile_name_is_only_ever_text(visit: Visits, server: Server, tmp_path: Path) -> None:
    # Longer than a disk takes them, so that there are few.
    names = {f"{text}.flac" for text in packed(PAYLOADS, 1500)}
    seen = visit()
    page = signed_in(AtDesk(server, seen.page))
    page.evaluate(
        """([names, text]) => {
          const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          for (const name of names) dataTransfer.items.add(new File([bytes], name));
          dispatchEvent(new DragEvent("drop", { dataTransfer }));
        }""",
        [sorted(names), base64.b64encode(song(tmp_path, "a.flac", 8).read_bytes()).decode()],
    )
    total = len(names)
    expect(page.locator("#upload-told")).to_contain_text(f"{total} of {total}", timeout=120_000)
    page.screenshot()
    nothing_was_wrong(seen, server)


@pytest.mark.parametrize("state", UPLOAD_STATES)
def test_nothing_is_wrong_with_any_state(visit: Visits, server: Server, state: str) -> None:
    is_for_everybody(visit, server, UPLOAD_STATES[state])


def test_what_the_page_loads_is_light(visit: Visits, server: Server) -> None:
    seen = visit()
    signed_in(AtDesk(server, seen.page))
    seen.page.wait_for_load_state("networkidle")
    files = {url: size for url, size in bytes_of(seen.requests).items() if "/assets/" in url}
    names = {url.rpartition("/")[2].partition(".")[0] for url in files}
    assert {"tus", "upload", "upload_row", "dropped"} <= names
    assert 0 < sum(files.values()) <= MOST_BYTES
    print(sum(files.values()), "bytes in", len(files), "files")
    nothing_was_wrong(seen, server)


def test_firefox_puts_files_in_too(server: Server, tmp_path: Path) -> None:
    executable = find_firefox()
    if executable is None:
        pytest.skip(NEEDED)
    large, text = tmp_path / "Large.wav", tmp_path / "No music.txt"
    large_wav(large, 40_000_000)
    text.write_text("Nothing to hear.")
    with running_firefox(executable, {}) as firefox:
        window = open_firefox_window(firefox)
        window.goto(
            f"http://localhost:{server.port}/desk/welcome#{new_link(server).partition('#')[2]}"
        )
        window.press("#welcome button")
        _until(window, "location.pathname === '/desk/welcome/next'")
        window.goto(f"http://localhost:{server.port}{PAGE}")
        locator = {"type": "css", "value": "#upload-file"}
        found = firefox.send("browsingContext.locateNodes", context=window.context, locator=locator)
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        files = [str(path) for path in (large, song(tmp_path), text)]
        firefox.send("input.setFiles", context=window.context, element=element, files=files)
        told = "document.getElementById('upload-told').textContent"
        _until(window, f"{told} === 'Uploaded: 2 of 3. Not taken in: 1.'")


def _until(window: FirefoxWindow, condition: str) -> None:
    for _ in range(600):
        if window.ask(condition):
            return
        time.sleep(0.05)
    raise AssertionError(condition)
