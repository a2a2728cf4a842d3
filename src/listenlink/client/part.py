"""A file while it's fetched: what has arrived lies beside it, under its name and `.….part`."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path


class Part:
    """What has arrived of a file's content with this `ETag`. Content with another is another part."""

    def __init__(self, file: Path, etag: str, size_bytes: int) -> None:
        """Open it, and keep nothing of what is longer than the whole. Raises OSError."""
        named = hashlib.sha256(etag.encode()).hexdigest()[:16]
        self._file = file
        self._path = file.with_name(f"{file.name}.{named}.part")
        self._opened = self._path.open("ab")
        if self._opened.tell() > size_bytes:
            self.clear()
        self.begins_at = self._opened.tell()

    def clear(self) -> None:
        """Begin anew."""
        self._opened.seek(0)
        self._opened.truncate()

    def write(self, data: bytes) -> int:
        """Append, and return how much is there."""
        self._opened.write(data)
        return self._opened.tell()

    def close(self) -> int:
        """Put it on the disk, and return how much is there."""
        with self._opened as opened:
            opened.flush()
            os.fsync(opened.fileno())
            return opened.tell()

    def become_file(self) -> None:
        """Put it in the file's place, and remove what is left of others: nobody goes on with these."""
        self._path.replace(self._file)
        ours = re.compile(re.escape(self._file.name) + r"\.[0-9a-f]{16}\.part")
        for left in self._file.parent.iterdir():
            if ours.fullmatch(left.name):
                left.unlink(missing_ok=True)
