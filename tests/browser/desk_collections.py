"""The desk's pages about collections in every state, as a person gets there."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import httpx

from browser.desk import AtDesk
from cast import Server, share, upload
from media.make_audio import make
from signed_in import first_email

TITLES = (
    "Harbour Lights",
    "Late Night Study",
    "Night Train",
    "\u0627\u0644\u0644\u064a\u0644",
    "x" * 300,
)


@lru_cache(maxsize=8)
def _songs(server_url: str, api_key: str, organization_id: str, folder: Path) -> tuple[str, ...]:
    """Once for each server."""
    base = f"{server_url}/v1/music/{organization_id}"
    with httpx.Client(base_url=base, headers={"X-API-Key": api_key}, timeout=60) as owner:
        path = make("wav16", folder / "song.wav", sample_count=44_100 * 3)
        return tuple(str(upload(owner, path, title=title, artist="Ana")["id"]) for title in TITLES)


def songs_of(server: Server) -> tuple[str, ...]:
    """The ids of some tracks of the owner's."""
    return _songs(server.url, server.api_key, server.organization_id, server.data.parent)


def new_album(server: Server, songs: tuple[str, ...], name: str = "Evenings") -> str:
    """A collection of these; its id."""
    with server.owner() as owner:
        made = str(owner.post("/collections", json={"name": name}).json()["id"])
        for song in songs:
            owner.post(f"/collections/{made}/tracks", json={"track_id": song}).raise_for_status()
    return made


def _signed_in(desk: AtDesk) -> None:
    desk.sign_in(first_email(desk.server))


def _of_nobody(desk: AtDesk) -> None:
    """Somebody new, who has nothing."""
    told = desk.server.new_member()
    user = int(told["user_id"].partition("_")[2], 16)
    ((email,),) = desk.server.query("SELECT email FROM users WHERE id = ?", user)
    desk.sign_in(email)


def _none(desk: AtDesk) -> None:
    _of_nobody(desk)
    desk.go("/desk/collections")


def _empty(desk: AtDesk) -> None:
    _none(desk)
    desk.page.get_by_label("Name").fill("Evenings")
    desk.press("Make collection")


def _list(desk: AtDesk) -> None:
    songs = songs_of(desk.server)
    _signed_in(desk)
    for number in range(3):
        new_album(desk.server, songs[:number], f"Evenings {number}")
    desk.go("/desk/collections")


def _album(desk: AtDesk) -> None:
    songs = songs_of(desk.server)
    _signed_in(desk)
    made = new_album(desk.server, songs)
    with desk.server.owner() as owner:
        share(owner, made, label="For Ana", max_opens=5)
        share(owner, made, expires_in_days=30)
        change = {"description": "Quiet.\nVery.", "cover_track_id": songs[1]}
        owner.patch(f"/collections/{made}", json=change).raise_for_status()
    desk.go(f"/desk/collections/{made}")


def _adding(desk: AtDesk) -> None:
    songs = songs_of(desk.server)
    _signed_in(desk)
    desk.go(f"/desk/collections/{new_album(desk.server, songs[:2])}?q=night")


def _pressing(name: str, row: int = 1) -> Callable[[AtDesk], None]:
    def act(desk: AtDesk) -> None:
        _album(desk)
        button = desk.page.locator("#tracks li").nth(row).get_by_role("button", name=name)
        button.click()
        desk.page.wait_for_url("**done=**")

    return act


def _wrong(desk: AtDesk) -> None:
    _album(desk)
    desk.page.get_by_label("Name").fill(" \u200b ")
    desk.press("Save")


def _deleting(desk: AtDesk) -> None:
    _album(desk)
    desk.press("Delete collection")


STATES: dict[str, Callable[[AtDesk], object]] = {
    "collections-none": _none,
    "collections": _list,
    "collection-empty": _empty,
    "collection": _album,
    "collection-adding": _adding,
    "collection-moved": _pressing("Up"),
    "collection-taken-out": _pressing("Take out"),
    "collection-wrong": _wrong,
    "collection-deleting": _deleting,
}
