"""A file composed of a stored object and what is put into it, any part of it, read as it's asked for."""

from __future__ import annotations

import hashlib
import os
import zlib

import structlog

from listenlink.media.storage import Audio, Storage
from listenlink.model.recipe import Embedded, Range, Recipe, read_recipe, write_recipe

_READ_BYTES = 1024 * 1024


class ComposedAudio:
    """What a recipe makes of an object, read like one stored object itself."""

    def __init__(self, recipe: Recipe, audio: Audio) -> None:
        self._recipe = recipe
        self._audio = audio

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`; fewer, or none, if they can't be had now.
        `following` is how many after these will be asked for next."""
        read = b""
        while len(read) < length and offset + len(read) < self._recipe.size_bytes:
            more = await self._read_some(length - len(read), offset + len(read), following)
            if not more:
                break
            read += more
        return read

    async def _read_some(self, length: int, offset: int, following: int) -> bytes:
        text, start, left = self._recipe.stretch(offset)
        length = min(length, left)
        if text is not None:
            return text[start : start + length]
        return await self._audio.read(length, start, min(following, left - length))


async def open_composed(storage: Storage, digest: bytes, stored: bytes) -> ComposedAudio:
    """What a stored recipe makes of an object. Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE)."""
    try:
        audio = await storage.open_audio(digest)
    except FileNotFoundError:
        # Who asked knows only what is composed of it.
        structlog.get_logger().warning("audio_missing", digest=digest.hex())
        raise
    return ComposedAudio(read_recipe(stored), audio)


def sum_composed(descriptor: int, recipe: Recipe) -> Embedded | None:
    """What a recipe makes of a stored file; None if that isn't the file with little put into it. Raises
    OSError."""
    size_bytes = os.fstat(descriptor).st_size
    if not recipe.is_of(size_bytes):
        return None
    sha256, crc32 = hashlib.sha256(), 0
    for piece in recipe.pieces:
        if isinstance(piece, Range):
            end = sum(piece)
            for offset in range(piece.start, end, _READ_BYTES):
                chunk = os.pread(descriptor, min(_READ_BYTES, end - offset), offset)
                sha256.update(chunk)
                crc32 = zlib.crc32(chunk, crc32)
        else:
            sha256.update(piece)
            crc32 = zlib.crc32(piece, crc32)
    return Embedded(write_recipe(recipe), recipe.size_bytes, sha256.digest(), crc32)
