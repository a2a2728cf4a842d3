"""A composed file, to be read as a file of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from listenlink.model.recipe import Recipe

if TYPE_CHECKING:
    from typing_extensions import Buffer


class ComposedFile(io.RawIOBase):
    """What a recipe makes of a seekable file, whose position it moves."""

    def __init__(self, recipe: Recipe, file: BinaryIO) -> None:
        self._recipe = recipe
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = (0, self._position, self._recipe.size_bytes)[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: Buffer, /) -> int:
        room = memoryview(buffer).cast("B")
        wanted = min(len(room), max(self._recipe.size_bytes - self._position, 0))
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
