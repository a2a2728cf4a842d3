"""The files of uploads that arrive in pieces, beside the other drafts. They outlive the process.

Whoever writes to one holds its lock, across processes; the file itself says how much has arrived.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from pathlib import Path

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.faults import UPLOADS, log_fault, storing
from listenlink.media.disk.room import Room

_NAME = re.compile(r"resumable-([0-9a-f]{12})")


class ResumableDraft:
    """A resumable upload's file, locked until it's closed. `size_bytes` is how much has arrived."""

    def __init__(self, path: Path, descriptor: int, room: Room) -> None:
        self.path = path
        self._room = room
        self._descriptor = descriptor
        self.size_bytes = os.fstat(descriptor).st_size

    def append(self, chunk: bytes) -> None:
        """Append a chunk. Raises StorageFault if the disk doesn't take all of it; what was written is
        counted. Raises NoRoom, having written nothing, if too little would be left free."""
        if chunk:
            self._room.require(UPLOADS, len(chunk))
        with storing(UPLOADS):
            view = memoryview(chunk)
            while view:
                written = os.pwrite(self._descriptor, view, self.size_bytes)
                self.size_bytes += written
                view = view[written:]

    def cut_to(self, size_bytes: int) -> None:
        """Truncate the file to this size. Raises StorageFault."""
        with storing(UPLOADS):
            os.ftruncate(self._descriptor, size_bytes)
        self.size_bytes = size_bytes

    def sync(self) -> None:
        """Return once all of `size_bytes` are on the disk. Raises StorageFault."""
        with storing(UPLOADS):
            os.fsync(self._descriptor)

    def remove(self) -> None:
        """Delete the file, which stays locked until it's closed."""
        _remove(self.path)

    def close(self) -> None:
        """Close the file, which unlocks it for others."""
        os.close(self._descriptor)


class ResumableDrafts:
    """An instance's resumable drafts, `root/uploads/resumable-…`, by the number of their upload."""

    def __init__(self, root: Path, room: Room) -> None:
        self._uploads = root / "uploads"
        self._room = room

    def create(self, number: int) -> None:
        """Create an empty draft. Raises StorageFault."""
        with storing(UPLOADS):
            os.close(os.open(self._path(number), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    def open(self, number: int) -> ResumableDraft | None:
        """Open and lock a draft; None if it isn't there. Raises Problem(LOCKED) while another holds it, and
        StorageFault."""
        path = self._path(number)
        with storing(UPLOADS):
            try:
                descriptor = os.open(path, os.O_RDWR)
            except FileNotFoundError:
                return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise Problem(ProblemKind.LOCKED) from None
        if os.fstat(descriptor).st_nlink == 0:  # Removed before we had the lock.
            os.close(descriptor)
            return None
        return ResumableDraft(path, descriptor, self._room)

    def remove(self, number: int) -> None:
        """Delete a draft, if it's there."""
        _remove(self._path(number))

    def list_older(self, before_us: int) -> list[int]:
        """List the drafts to which nothing was written since then, by number."""
        old = []
        for path in self._uploads.iterdir():
            number = self.number_of(path)
            with contextlib.suppress(FileNotFoundError):
                if number is not None and path.stat().st_mtime_ns < before_us * 1000:
                    old.append(number)
        return old

    def number_of(self, path: Path) -> int | None:
        """The number of the upload that this file belongs to; None for any other file."""
        named = _NAME.fullmatch(path.name)
        return None if named is None else int(named.group(1), 16)

    def _path(self, number: int) -> Path:
        return self._uploads / f"resumable-{number:012x}"


def _remove(path: Path) -> None:
    """Delete a file whose upload is over. If that can't be now, the next start does it."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        log_fault(UPLOADS, error)
