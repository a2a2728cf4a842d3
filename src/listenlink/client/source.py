"""What is uploaded: a file on the disk, or an open one, under a name and with a known length."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, cast

# A stream that can't be read twice is kept: in memory up to this, above on the disk.
_IN_MEMORY_BYTES = 8 * 1024 * 1024


class Readable(Protocol):
    """An open binary file, or anything else with a `read` that returns bytes."""

    def read(self, size: int = ..., /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


Bytes = bytes | bytearray | memoryview
Given = str | os.PathLike[str] | Readable | Bytes
Size = Literal["large", "small"]
# More is refused by every server, so no more is read.
_MOST_OF_A_PICTURE = 8 * 1024 * 1024


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
        elif isinstance(given, Bytes) or (
            hasattr(given, "read") and not isinstance(given, io.TextIOBase)
        ):
            self._file = io.BytesIO(given) if isinstance(given, Bytes) else _seekable(given)
            self._begins_at = self._file.tell()
            self.size_bytes = self._file.seek(0, io.SEEK_END) - self._begins_at
        else:
            raise TypeError(
                f"{type(given).__name__} isn't a path, a file opened for bytes, or bytes"
            )
        self.name = name or _name_of(self._path or getattr(given, "name", None))

    def open(self) -> SourceFile:
        """The file, from its beginning, to be closed."""
        if self._path is None:
            return SourceFile(cast(BinaryIO, self._file), self._begins_at, self.size_bytes)
        return SourceFile(self._path.open("rb"), 0, self.size_bytes, is_own=True)


def read_picture(given: Given) -> bytes:
    """A picture to send as a cover. Raises what `Source` does."""
    file = Source(given).open()
    try:
        return file.read(_MOST_OF_A_PICTURE + 1)
    finally:
        file.close()


class SourceFile:
    """A part of a file that begins at its own 0."""

    def __init__(
        self, file: BinaryIO, begins_at: int, size_bytes: int, *, is_own: bool = False
    ) -> None:
        self._file = file
        self._is_own = is_own
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

    def close(self) -> None:
        """Close it, if it was opened here."""
        if self._is_own:
            self._file.close()


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
