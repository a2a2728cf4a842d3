"""A collection as long as a page can be, put straight into the database."""

from __future__ import annotations

import random
from typing import Any

import httpx
from sqlalchemy import Connection, insert, select

from cast import Server
from listenlink.store import tables
from listenlink.store.opening.open_rows import MOST_TRACKS


def make_long_album(server: Server, owner: httpx.Client, song: str, many: int = MOST_TRACKS) -> str:
    """A collection of copies of a song, each with audio and a waveform of its own; its id."""
    album = str(owner.post("/collections", json={"name": "Long"}).json()["id"])
    number = int(album.removeprefix("mcoll_"), 16)
    database = server.backend.open()
    try:
        database.write_now(lambda c: _copy(c, int(song.removeprefix("mtrack_"), 16), number, many))
    finally:
        database.close()
    return album


def _copy(connection: Connection, song: int, album: int, many: int) -> None:
    rng = random.Random(album)  # noqa: S311
    track = _row(connection, tables.tracks, song)
    audio = _row(connection, tables.audio_objects, int(track["audio_id"]))
    numbers = [rng.getrandbits(47) for _ in range(many)]
    new_audio = [
        audio | {"id": number, "digest": rng.randbytes(32), "peaks": rng.randbytes(600)}
        for number in numbers
    ]
    new_tracks = [
        track | {"id": number, "audio_id": number, "title": f"{track['title']} {place}"}
        for place, number in enumerate(numbers)
    ]
    members = [
        {"collection_id": album, "track_id": number, "position": place, "added_at": 0}
        for place, number in enumerate(numbers)
    ]
    connection.execute(insert(tables.audio_objects), new_audio)
    connection.execute(insert(tables.tracks), new_tracks)
    connection.execute(insert(tables.collection_tracks), members)


def _row(connection: Connection, table: Any, number: int) -> dict[str, Any]:
    return dict(connection.execute(select(table).where(table.c.id == number)).mappings().one())
