"""A collection of a few tracks of their own files, and its link: what archives are made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from cast import share, upload
from media.make_audio import make

TITLES = {"Dawn": "wav16", "Noon: the <hot> hour?": "flac", "Dusk/../night": "mp3_xing"}


def upload_album(owner: httpx.Client, folder: Path) -> list[dict[str, Any]]:
    """Three tracks, each of another format; each with its `bytes`, as which they're downloaded too, since no
    machine made them."""
    songs = []
    for place, (title, kind) in enumerate(TITLES.items()):
        path = make(kind, folder / f"{place}.bin", sample_count=30_000 + 1000 * place)
        songs.append(
            upload(owner, path, title=title, engine="own_recording") | {"bytes": path.read_bytes()}
        )
    return songs


def make_album(owner: httpx.Client, songs: list[dict[str, Any]], name: str = "One day") -> str:
    """A new collection of these; its id."""
    album = str(owner.post("/collections", json={"name": name}).raise_for_status().json()["id"])
    for song in songs:
        put = owner.post(f"/collections/{album}/tracks", json={"track_id": song["id"]})
        put.raise_for_status()
    return album


class Taken:
    """A link to a collection, opened by a listener who may take it along."""

    def __init__(self, owner: httpx.Client, listener: httpx.Client, album: str) -> None:
        self.link = share(owner, album, allow_download=True)
        self.listener, self.album = listener, album
        self.path = f"/v1/music/shared/{self.link['token']}"
        opened = listener.get(self.path).raise_for_status()
        self.session = {"Listen-Session": opened.headers["listen-session"]}

    def ask(self) -> httpx.Response:
        """Ask for the archive's URL."""
        return self.listener.get(f"{self.path}/download", headers=self.session)

    def url(self) -> str:
        """The archive's URL."""
        return str(self.ask().raise_for_status().json()["download_url"])
