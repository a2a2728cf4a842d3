"""A part of a file, to be read as a file of its own."""

from __future__ import annotations

import io
from typing import BinaryIO


class Seekable(io.RawIOBase):
    """Something of so many bytes that is read from a position of its own."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = (0, self._position, self._size_bytes)[whence]
        self._position = max(base + offset, 0)
        return self._position


class Window(Seekable):
    """The bytes from `start` to `end` of a seekable file, whose position it moves."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        super().__init__(end - start)
        self._file = file
        self._start = start

    def read(self, size: int = -1, /) -> bytes:
        left_bytes = max(self._size_bytes - self._position, 0)
        self._file.seek(self._start + self._position)
        found = self._file.read(left_bytes if size < 0 else min(size, left_bytes))
        self._position += len(found)
        return found
