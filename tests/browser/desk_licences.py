"""The desk's pages while a licence is declared; `browser/desk.py` has the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from playwright.sync_api import FilePayload

from browser.desk_links import ask
from media.make_audio import make

if TYPE_CHECKING:
    from browser.desk import AtDesk

_SAID = {"engine": "own_recording", "title": "Declared", "artist": "Ana"}


def _track(desk: AtDesk) -> str:
    """The path of a new one of who is signed in, of which more was declared twice, with a link before."""
    desk.sign_in()
    with TemporaryDirectory() as folder:
        data = make("wav16", Path(folder) / "song.wav").read_bytes()
    organization = desk.page.evaluate("document.body.dataset.organization")
    file = FilePayload(name="song.wav", mimeType="audio/wav", buffer=data)
    path = f"{desk.url}/v1/music/{organization}/tracks"
    answer = desk.page.request.post(
        path, multipart={**_SAID, "file": file}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    track = str(answer.json()["id"])
    for terms in ("CC-BY-NC-4.0", "CC-BY-4.0"):
        said = {
            "declared_licence": terms,
            "confirmed": True,
            "attribution_text": "Ana, by the harbour",
        }
        ask(desk, f"/tracks/{track}", said, "PATCH")
    return f"/desk/tracks/{track}"


def _declare(desk: AtDesk) -> None:
    """What can't be taken back, without saying that one knows it."""
    radio = desk.page.get_by_role("radio", name="CC0 1.0", exact=True)
    radio.check()
    # How it was made is declared beside it.
    form = desk.page.locator("form").filter(has=radio)
    form.get_by_role("button", name="Declare", exact=True).click()
    desk.page.get_by_role("alert").wait_for()


def _track_refused(desk: AtDesk) -> None:
    desk.go(_track(desk))
    _declare(desk)


def _default(desk: AtDesk) -> None:
    desk.sign_in()
    desk.go("/desk/about")
    _declare(desk)


def _uploading(desk: AtDesk) -> None:
    desk.sign_in()
    page = desk.go("/desk/upload")
    page.get_by_label("Licence").select_option("CC-BY-4.0")


LICENCE_STATES: dict[str, Callable[[AtDesk], object]] = {
    "track-declared": lambda desk: desk.go(_track(desk)),
    "track-declared-wrong": _track_refused,
    "about-declared-wrong": _default,
    "upload-declared": _uploading,
}
