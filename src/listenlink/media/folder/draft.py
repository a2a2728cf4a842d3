"""A file that is still arriving, and writing to disk, with a Problem for a disk that is full."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from listenlink.errors import Problem, ProblemKind

_READ_BYTES = 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


class Draft:
    """A file that is still arriving. `digest` and `size_bytes` cover what has been written so far;
    `content_type` becomes that of the object in a bucket."""

    def __init__(self, path: Path, *, is_there: bool = False) -> None:
        self.path = path
        self.content_type = "application/octet-stream"
        self.size_bytes = 0
        self._hash = hashlib.sha256()
        new = 0 if is_there else os.O_CREAT | os.O_EXCL
        self.descriptor = os.open(path, os.O_RDWR | new, 0o600)
        if is_there:
            self.take_in()

    @property
    def digest(self) -> bytes:
        """The SHA-256 so far, 32 bytes."""
        return self._hash.digest()

    def write(self, chunk: bytes) -> None:
        """Append a chunk. Raises Problem(STORAGE_FULL) if the disk has no room for it."""
        with storage_full():
            view = memoryview(chunk)
            while view:
                view = view[os.write(self.descriptor, view) :]
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def take_in(self) -> None:
        """Read what the file already holds, written by another or an earlier process."""
        self._hash, self.size_bytes = hashlib.sha256(), 0
        while chunk := os.pread(self.descriptor, _READ_BYTES, self.size_bytes):
            self._hash.update(chunk)
            self.size_bytes += len(chunk)

    def sync(self) -> None:
        """Return once the bytes are on the disk."""
        with storage_full():
            os.fsync(self.descriptor)

    def discard(self) -> None:
        """Close and delete the file. Does nothing a second time, or after `leave`."""
        if self.descriptor >= 0:
            self.leave()
            self.path.unlink(missing_ok=True)

    def leave(self) -> None:
        """Close the file and leave it where it is."""
        os.close(self.descriptor)
        self.descriptor = -1


def sync_folder(folder: Path) -> None:
    """Return once the names in the folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def storage_full() -> Iterator[None]:
    """Turn the error of a full disk into Problem(STORAGE_FULL)."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Problem(ProblemKind.STORAGE_FULL) from error
        raise
