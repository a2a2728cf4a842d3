"""A file that is still arriving: its bytes, their digest, and its place on the disk."""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

from listenlink.media.disk.faults import UPLOADS, log_fault, storing
from listenlink.media.disk.room import Room

_READ_BYTES = 1024 * 1024


class Draft:
    """A file that is still arriving. `digest`, `crc32` and `size_bytes` cover what has been written so
    far; `content_type` becomes that of the object in a bucket."""

    def __init__(self, path: Path, room: Room, *, is_there: bool = False) -> None:
        self.path = path
        self._room = room
        self.content_type = "application/octet-stream"
        self.size_bytes = self.crc32 = 0
        self._hash = hashlib.sha256()
        new = 0 if is_there else os.O_CREAT | os.O_EXCL
        self.descriptor = os.open(path, os.O_RDWR | new, 0o600)
        if is_there:
            self.take_in()

    @property
    def digest(self) -> bytes:
        """The SHA-256 so far, 32 bytes."""
        return self._hash.digest()

    @property
    def is_marked(self) -> bool:
        """Whether it's here, under a name that begins with its object's digest."""
        return self.descriptor >= 0 and len(self.path.name) >= 64

    def write(self, chunk: bytes) -> None:
        """Append a chunk. Raises StorageFault if the disk doesn't take it, and NoRoom if too little would be
        left free."""
        self._room.require(UPLOADS, len(chunk))
        with storing(UPLOADS):
            view = memoryview(chunk)
            while view:
                view = view[os.write(self.descriptor, view) :]
        self._take(chunk)

    def take_in(self) -> None:
        """Read what the file already holds, written by another or an earlier process."""
        self._hash, self.size_bytes, self.crc32 = hashlib.sha256(), 0, 0
        with storing(UPLOADS):
            while chunk := os.pread(self.descriptor, _READ_BYTES, self.size_bytes):
                self._take(chunk)

    def _take(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self.crc32 = zlib.crc32(chunk, self.crc32)
        self.size_bytes += len(chunk)

    def sync(self) -> None:
        """Return once the bytes are on the disk."""
        with storing(UPLOADS):
            os.fsync(self.descriptor)

    def discard(self) -> None:
        """Close and delete the file. Does nothing a second time, or after `leave`. A file that can't be
        deleted now is deleted at the next start: whatever was done with it is done."""
        if self.descriptor >= 0:
            self.leave()
            try:
                self.path.unlink(missing_ok=True)
            except OSError as error:
                log_fault(UPLOADS, error)

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
