"""Sound that is damaged behind the server's back: it was whole when it was put in."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import httpx

from cast import Server, upload, wait_for_sound
from media.make_audio import make

_MP3_FRAME_BYTES = 417
_FIRST_SECONDS = 3


def noise(data: bytes) -> bytes:
    """As many bytes of anything."""
    return random.Random(len(data)).randbytes(len(data))  # noqa: S311


def web_page(data: bytes) -> bytes:
    """As many bytes of a page that is none of music."""
    return (b"<!doctype html><title>Log in</title>" * (len(data) // 30 + 1))[: len(data)]


def bad_frames(data: bytes) -> bytes:
    """MP3 whose frames all have their heads, and from the first second on nothing of sense in them."""
    rng = random.Random(1)  # noqa: S311
    damaged = bytearray(data)
    place = data.index(b"\xff\xfb")
    number = 0
    while place + 4 < len(data):
        length = 144 * 128_000 // 44_100 + (data[place + 2] >> 1 & 1)
        end = min(place + length, len(data))
        if number > 38:
            damaged[place + 4 : end] = rng.randbytes(end - place - 4)
        place, number = end, number + 1
    return bytes(damaged)


def half(data: bytes) -> bytes:
    """The second half gone."""
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


class Library:
    """Puts in music, and damages what is stored of it."""

    def __init__(self, server: Server, owner: httpx.Client, folder: Path) -> None:
        self._objects = server.data / "objects"
        self._owner = owner
        self._folder = folder
        self._made = 0

    def add(self, kind: str, damage: Any = None, seconds: int = _FIRST_SECONDS) -> dict[str, Any]:
        """A track of this kind of file. What is played of it, a rendition too, is damaged."""
        self._made += 1
        before = self._stored()
        # Each of another length: the same bytes would be stored only once.
        samples = 44_100 * seconds + 441 * self._made
        path = make(kind, self._folder / f"{self._made}.{kind}", sample_count=samples)
        track = upload(self._owner, path, title=f"Song {self._made}")
        wait_for_sound(self._owner, track["id"])
        for stored in self._stored() - before if damage else ():
            stored.write_bytes(damage(stored.read_bytes()))
        return track

    def _stored(self) -> set[Path]:
        return {path for path in self._objects.rglob("*") if path.is_file()}
