"""A composed file, to be read as a file of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from listenlink.media.sandbox.window import Seekable
from listenlink.model.recipe import Recipe

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ComposedFile(Seekable):
    """What a recipe makes of a seekable file, whose position it moves."""

    def __init__(self, recipe: Recipe, file: BinaryIO) -> None:
        super().__init__(recipe.size_bytes)
        self._recipe = recipe
        self._file = file

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer).cast("B")
        wanted = min(len(room), max(self._size_bytes - self._position, 0))
        done = 0
        while done < wanted:
            part = self._read_some(wanted - done)
            if not part:
                break
            room[done : done + len(part)] = part
            done += len(part)
            self._position += len(part)
        return done

    def _read_some(self, most: int) -> bytes:
        text, start, length = self._recipe.stretch(self._position)
        most = min(most, length)
        if text is not None:
            return text[start : start + most]
        self._file.seek(start)
        return self._file.read(most)
