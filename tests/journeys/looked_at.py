"""A library that is looked at by three: two have looked before, so they have kept what they wrote, and one is
new each time, so it has to write everything. All three must tell the same, to the letter."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cast import Server, share, upload, wait_for_sound
from journeys.faces import FACES, Beside, look, open_session
from media.make_audio import add_cover, make


@dataclass
class World:
    """A collection of three songs and one beside it, a link to the collection, and who looks at it."""

    server: Server
    owner: httpx.Client
    beside: Beside
    listener: httpx.Client
    songs: list[str]
    album: str
    link: dict[str, Any]
    session: dict[str, str]

    def number(self, place: int) -> int:
        """By which the database knows a song."""
        return int(self.songs[place].removeprefix("mtrack_"), 16)

    @property
    def link_number(self) -> int:
        """By which the database knows the link."""
        return int(self.link["id"].removeprefix("mslink_"), 16)

    def add(self, place: int) -> None:
        """Put a song into the collection."""
        added = {"track_id": self.songs[place]}
        self.owner.post(f"/collections/{self.album}/tracks", json=added).raise_for_status()

    def everywhere(self, link: dict[str, Any] | None = None, language: str = "en") -> Any:
        """What the link shows, found to be the same by all three."""
        asked = (link or self.link, self.session, language)
        told = [look(get, *asked) for get in (self.listener.get, self.beside.get)]
        fresh = Beside(self.server)
        try:
            told.append(look(fresh.get, *asked))
        finally:
            fresh.close()
        for face in FACES:
            assert told[0][face] == told[1][face] == told[2][face], face
        return told[0]


def make_songs(folder: Path) -> list[Path]:
    """Four of them, the last two with covers."""
    plain = [make("mp3_xing", folder / f"{number}.mp3") for number in range(2)]
    covered = add_cover(make("mp3_cbr", folder / "cover.mp3"))
    return [*plain, covered, add_cover(make("mp3_xing", folder / "cover2.mp3"))]


@contextlib.contextmanager
def looked_at(server: Server, songs: list[Path]) -> Iterator[World]:
    """The first three of the songs in a new collection, and a link to it."""
    with server.owner() as owner, server.listener() as listener:
        tracks = [
            str(upload(owner, path, title=f"Song {place}", artist="Ana")["id"])
            for place, path in enumerate(songs)
        ]
        for track in tracks:
            wait_for_sound(owner, track)
        album = str(owner.post("/collections", json={"name": "Evening"}).json()["id"])
        link = share(owner, album, expires_in_days=3)
        beside = Beside(server)
        world = World(server, owner, beside, listener, tracks, album, link, {})
        for place in range(3):
            world.add(place)
        world.session = open_session(listener.get, link)
        try:
            yield world
        finally:
            beside.close()


def changed(before: Any, after: Any) -> set[str]:
    """The forms that tell something else."""
    return {face for face in FACES if before[face] != after[face]}
