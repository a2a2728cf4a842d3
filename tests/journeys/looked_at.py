"""A library that is looked at by three: two have looked before, so they have kept what they wrote, and one is
new each time, so it has to write everything. All three must tell the same, to the letter."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from sqlalchemy import Table

from cast import Server, share, upload, wait_for_sound
from journeys.faces import FACES, Beside, look, open_session
from listenlink.store import tables
from live.load import serving
from media.make_audio import add_cover, make
from object_storage import CREDENTIALS

Row = dict[str, Any]


class Songs:
    """Four songs for all tests of a file, the last two with covers. To put one in takes longer than a test:
    what a test changed of them is put back."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self._owner, self.beside = server.owner(), Beside(server)
        self._paths = _make_songs(folder)
        self.ids = [self._put_in(place) for place in range(len(self._paths))]
        for song in self.ids:
            wait_for_sound(self._owner, song)
        self._rows = [self._read(place) for place in range(len(self.ids))]

    def number(self, place: int) -> int:
        """By which the database knows a song."""
        return int(self.ids[place].removeprefix("mtrack_"), 16)

    def put_back(self) -> None:
        """Have all be as in the beginning, by a new song where one is gone."""
        for place, (track, audio) in enumerate(self._rows):
            if self._row(tables.tracks, track["id"])["removed_at"] is None:
                self._write(tables.tracks, track)
                self._write(tables.audio_objects, audio)
            else:
                self.ids[place] = self._put_in(place)
                wait_for_sound(self._owner, self.ids[place])
                self._rows[place] = self._read(place)

    def close(self) -> None:
        """End what asks."""
        self._owner.close()
        self.beside.close()

    def _put_in(self, place: int) -> str:
        title = f"Song {place}"
        return str(upload(self._owner, self._paths[place], title=title, artist="Ana")["id"])

    def _read(self, place: int) -> tuple[Row, Row]:
        track = self._row(tables.tracks, self.number(place))
        return track, self._row(tables.audio_objects, track["audio_id"])

    def _row(self, table: Table, number: int) -> Row:
        names = table.c.keys()
        asked = f"SELECT {', '.join(names)} FROM {table.name} WHERE id = ?"  # noqa: S608
        (row,) = self.server.query(asked, number)
        return dict(zip(names, row, strict=True))

    def _write(self, table: Table, row: Row) -> None:
        now = self._row(table, row["id"])
        other = [name for name in row if row[name] != now[name]]
        if other:
            sql = f"UPDATE {table.name} SET {', '.join(f'{n} = ?' for n in other)} WHERE id = ?"  # noqa: S608
            self.server.change(sql, *(row[name] for name in other), row["id"])


@dataclass
class World:
    """A collection of three songs and one beside it, a link to the collection, and who looks at it."""

    server: Server
    owner: httpx.Client
    beside: Beside
    listener: httpx.Client
    kept: Songs
    album: str
    link: dict[str, Any]
    session: dict[str, str]

    @property
    def songs(self) -> list[str]:
        """Their ids."""
        return self.kept.ids

    def number(self, place: int) -> int:
        """By which the database knows a song."""
        return self.kept.number(place)

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
        return self.everywhere_in([language], link)[language]

    def everywhere_in(self, languages: Iterable[str], link: dict[str, Any] | None = None) -> Any:
        """The same in each of these languages."""
        told = {}
        with contextlib.closing(Beside(self.server)) as fresh:
            for language in languages:
                asked = (link or self.link, self.session, language)
                one, two, new = (
                    look(get, *asked) for get in (self.listener.get, self.beside.get, fresh.get)
                )
                for face in FACES:
                    assert one[face] == two[face] == new[face], (language, face)
                told[language] = one
        return told


def _make_songs(folder: Path) -> list[Path]:
    plain = [make("mp3_xing", folder / f"{number}.mp3") for number in range(2)]
    covered = add_cover(make("mp3_cbr", folder / "cover.mp3"))
    return [*plain, covered, add_cover(make("mp3_xing", folder / "cover2.mp3"))]


@contextlib.contextmanager
def four_songs(folder: Path, song_folder: Path) -> Iterator[Songs]:
    """Songs in a new instance that is served."""
    with (
        mock.patch.dict(os.environ, CREDENTIALS),
        serving(folder) as server,
        contextlib.closing(Songs(server, song_folder)) as songs,
    ):
        yield songs


@contextlib.contextmanager
def looked_at(songs: Songs) -> Iterator[World]:
    """The first three of the songs in a new collection, and a link to it."""
    server = songs.server
    with server.owner() as owner, server.listener() as listener:
        album = str(owner.post("/collections", json={"name": "Evening"}).json()["id"])
        link = share(owner, album, expires_in_days=3)
        world = World(server, owner, songs.beside, listener, songs, album, link, {})
        for place in range(3):
            world.add(place)
        world.session = open_session(listener.get, link)
        try:
            yield world
        finally:
            songs.put_back()


def changed(before: Any, after: Any) -> set[str]:
    """The forms that tell something else."""
    return {face for face in FACES if before[face] != after[face]}
