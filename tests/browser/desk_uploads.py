"""Putting files in at the desk, as a person does: chosen, dropped, from a folder; and the pages meanwhile."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect

from browser.desk import AtDesk
from cast import Server
from media.make_audio import make
from pieces import left_behind

PAGE = "/desk/upload"


def song(folder: Path, name: str = "song.flac", number: int = 0) -> Path:
    """A short one, which is another for each number."""
    folder.mkdir(parents=True, exist_ok=True)
    return make("flac", folder / name, sample_count=22_050 + number, silent=True)


def large_wav(path: Path, size_bytes: int) -> str:
    """A second of silence behind so many bytes that no player plays, at random; its SHA-256."""
    data = bytes(88_200)
    junk = size_bytes - 44 - 8 - len(data)
    chunks = [
        b"RIFF" + struct.pack("<I", size_bytes - 8) + b"WAVE",
        b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 44_100, 88_200, 2, 16),
        b"JUNK" + struct.pack("<I", junk),
    ]
    digest, source = hashlib.sha256(), random.Random(size_bytes)  # noqa: S311
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
            digest.update(chunk)
        for _ in range(junk >> 20):
            piece = source.randbytes(1 << 20)
            file.write(piece)
            digest.update(piece)
        rest = source.randbytes(junk % (1 << 20)) + b"data" + struct.pack("<I", len(data)) + data
        file.write(rest)
        digest.update(rest)
    return digest.hexdigest()


def choose(page: Page, *paths: Path) -> None:
    """By the file input."""
    page.get_by_label("Upload", exact=True).set_input_files(list(paths))


def drop(page: Page, *paths: Path) -> None:
    """Files and folders, dropped in the middle of the page as the system does. Until the page's script is
    there a browser would open them itself."""
    page.wait_for_load_state()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    size = page.viewport_size or {"width": 800, "height": 600}
    place = {"x": size["width"] // 2, "y": size["height"] // 2}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})


def rows(page: Page) -> Locator:
    return page.locator("#upload-rows > li")


def row(page: Page, name: str) -> Locator:
    """The row of a file, or of the track that was made of it."""
    return rows(page).filter(has=page.locator(".name", has_text=name))


def until_done(page: Page, name: str, timeout: float = 20_000) -> Locator:
    """The row of a file, once its track is made."""
    found = row(page, name)
    expect(found.get_by_text("Uploaded", exact=True)).to_be_visible(timeout=timeout)
    return found


def until_under_way(page: Page, name: str, part: float) -> None:
    bar = row(page, name).get_by_role("progressbar")
    handle = bar.element_handle()
    page.wait_for_function("([bar, part]) => bar.value >= part", arg=[handle, part], timeout=60_000)


def nothing_stays(page: Page, server: Server) -> None:
    """Of what was cancelled, soon: it's ended by a request of its own, which no row waits for."""
    for _ in range(100):
        if left_behind(server) == (0, []):
            break
        page.wait_for_timeout(100)
    assert left_behind(server) == (0, [])


def signed_in(desk: AtDesk) -> Page:
    desk.sign_in()
    return desk.go(PAGE)


def _done_and_refused(desk: AtDesk) -> None:
    folder = desk.server.data.parent / "chosen"
    good, bad = song(folder), folder / "No music <b>at all.wav"
    bad.write_bytes(b"No music")
    page = signed_in(desk)
    choose(page, good, bad)
    expect(page.locator("#upload-told")).to_contain_text("Not taken in: 1.")


def _running(desk: AtDesk) -> None:
    path = desk.server.data.parent / "Long evening.wav"
    large_wav(path, 3_000_000)
    page = signed_in(desk)
    page.route("**/uploads/**", lambda _route: None)
    choose(page, path, *[song(path.parent / "more", f"{number}.flac") for number in range(4)])
    expect(rows(page)).to_have_count(5)


def _offline(desk: AtDesk) -> None:
    page = signed_in(desk)
    page.route("**/uploads", lambda route: route.abort())
    choose(page, song(desk.server.data.parent / "chosen"))
    expect(page.get_by_text("There is no connection.")).to_be_visible()


def _dragged(desk: AtDesk) -> None:
    page = signed_in(desk)
    page.evaluate(
        "() => { const dataTransfer = new DataTransfer(); dataTransfer.items.add(new File(['x'], 'x'));"
        " dispatchEvent(new DragEvent('dragenter', { dataTransfer, bubbles: true })) }"
    )
    expect(page.locator("#upload-drop")).to_be_visible()


UPLOAD_STATES: dict[str, Callable[[AtDesk], object]] = {
    "upload": signed_in,
    "upload-done-and-refused": _done_and_refused,
    "upload-running": _running,
    "upload-offline": _offline,
    "upload-dragged": _dragged,
}


def hold_back(page: Page) -> list[Route]:
    """Keep what carries bytes from arriving; what was kept, in the order it came."""
    held: list[Route] = []
    page.route(
        "**/uploads/*", lambda r: held.append(r) if r.request.method == "PATCH" else r.continue_()
    )
    return held
