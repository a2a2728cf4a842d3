"""What is uploaded: a file on the disk, or an open one, under a name and with a known length."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

# A stream that can't be read twice is kept: in memory up to this, above on the disk.
_IN_MEMORY_BYTES = 8 * 1024 * 1024


class Readable(Protocol):
    """An open binary file, or anything else with a `read` that returns bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


Given = str | os.PathLike[str] | Readable


class Source:
    """A file to send, as often as needed. An open file is read from where it is, and isn't closed.

    Raises OSError if it can't be read, and TypeError for what is no file, or one of text.
    """

    def __init__(self, given: Given, name: str | None = None) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._begins_at = 0
        if isinstance(given, str | os.PathLike):
            self._path = Path(given)
            self.size_bytes = self._path.stat().st_size
        elif hasattr(given, "read") and not isinstance(given, io.TextIOBase):
            self._file = _seekable(given)
            self._begins_at = self._file.tell()
            self.size_bytes = self._file.seek(0, io.SEEK_END) - self._begins_at
        else:
            raise TypeError(f"{type(given).__name__} isn't a path or a file opened for bytes")
        self.name = name or _name_of(self._path or getattr(given, "name", None))

    @contextlib.contextmanager
    def open(self) -> Iterator[SourceFile]:
        """The file, from its beginning."""
        if self._path is None:
            yield SourceFile(cast(BinaryIO, self._file), self._begins_at, self.size_bytes)
            return
        with self._path.open("rb") as file:
            yield SourceFile(file, 0, self.size_bytes)


class SourceFile:
    """A part of a file that begins at its own 0."""

    def __init__(self, file: BinaryIO, begins_at: int, size_bytes: int) -> None:
        self._file = file
        self._begins_at = begins_at
        self._size_bytes = size_bytes
        self.seek(0)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move as a file does; return the offset."""
        before = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size_bytes}[whence]
        return self._file.seek(self._begins_at + before + offset) - self._begins_at

    def tell(self) -> int:
        """The offset."""
        return self._file.tell() - self._begins_at

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, no more than were there at first."""
        left = max(0, self._size_bytes - self.tell())
        return self._file.read(left if size < 0 else min(size, left))


def _seekable(given: Readable) -> BinaryIO:
    file = cast(BinaryIO, given)
    if getattr(given, "seekable", lambda: False)():
        return file
    kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 (closed with the source)
    shutil.copyfileobj(file, kept)
    kept.seek(0)
    return cast(BinaryIO, kept)


def _name_of(given: object) -> str:
    """The last part of a path. An open file's name may also be a number, or missing."""
    return Path(given).name if isinstance(given, str | Path) else "audio"
