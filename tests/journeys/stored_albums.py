"""Collections of files of any size, put straight into the database and the storage: mostly zeros, and for the
folder sparse, so that gigabytes take no room."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection, insert, select

from cast import Server
from listenlink.store import tables
from object_storage import shared_seaweedfs

_ZEROS = bytes(1024 * 1024)


@lru_cache
def crc_of_zeros(size: int) -> int:
    """The CRC-32 of so many zeros."""
    crc32 = 0
    for start in range(0, size, len(_ZEROS)):
        crc32 = zlib.crc32(_ZEROS[: size - start], crc32)
    return crc32


def store_album(
    server: Server, owner: httpx.Client, song: str, titled: Sequence[tuple[str, int]]
) -> str:
    """A collection of tracks like this song's, but for titles and files of so many zeros; its id."""
    album = str(owner.post("/collections", json={"name": "Stored"}).json()["id"])
    number, rng = int(album.removeprefix("mcoll_"), 16), random.Random(album)  # noqa: S311
    files = [(title, size, rng.randbytes(32)) for title, size in titled]
    for _, size, digest in files:
        _store(server, digest, size)

    def add(connection: Connection) -> None:
        track = _row(connection, tables.tracks, int(song.removeprefix("mtrack_"), 16))
        audio = _row(connection, tables.audio_objects, int(track["audio_id"]))
        for place, (title, size, digest) in enumerate(files):
            made = rng.getrandbits(47)
            told = {"id": made, "digest": digest, "size_bytes": size, "crc32": crc_of_zeros(size)}
            connection.execute(insert(tables.audio_objects), audio | told)
            named = {"id": made, "audio_id": made, "title": title}
            connection.execute(insert(tables.tracks), track | named)
            member = {"collection_id": number, "track_id": made, "position": place, "added_at": 0}
            connection.execute(insert(tables.collection_tracks), member)

    database = server.backend.open()
    try:
        database.write_now(add)
    finally:
        database.close()
    return album


def _store(server: Server, digest: bytes, size: int) -> None:
    name = digest.hex()
    if url := server.settings.get("STORAGE_URL"):
        store = shared_seaweedfs().store(urlsplit(url).path.strip("/"))
        store.put(f"objects/{name[:2]}/{name}", bytes(size))
        return
    path = server.data / "objects" / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.truncate(size)


def _row(connection: Connection, table: Any, number: int) -> dict[str, Any]:
    return dict(connection.execute(select(table).where(table.c.id == number)).mappings().one())
