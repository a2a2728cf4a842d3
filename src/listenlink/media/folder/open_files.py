"""The audio being played through this server: open descriptors, or parts of a bucket's objects."""

from __future__ import annotations

import os
from io import FileIO
from typing import Protocol

from listenlink.errors import Problem
from listenlink.media.folder.faults import OBJECTS, log_fault
from listenlink.media.storage import Storage
from listenlink.threads import NoThread

_MOST = 200
_PIECE_BYTES = 256 * 1024
_TRIES = 50


class Audio(Protocol):
    """A stored object that can be read in parts."""

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`; none if they aren't available (any more).
        `following` is how many after these will be asked for next."""


class OpenFiles:
    """Holds recently read objects open, because a player asks for one file in many ranges. `let_go` is
    called every second, so that a deleted file's space is soon free."""

    def __init__(self, folder: Storage) -> None:
        self._folder = folder
        self._open: dict[bytes, _OpenFile] = {}

    async def open(self, digest: bytes) -> Audio:
        """Open the object; a file closes by itself when its last reader is done.

        Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE).
        """
        if not self._folder.is_local:
            await self._folder.run(self._folder.read_part, digest, 1, 0)
            return _FarObject(self._folder, digest)
        file = self._open.get(digest)
        if file is None:
            file = _OpenFile(os.fdopen(self._folder.open_object(digest), "rb", buffering=0))
            if len(self._open) < _MOST:
                self._open[digest] = file
        return file

    def let_go(self) -> None:
        """Hold no files open except those still being read."""
        self._open.clear()


class _OpenFile:
    def __init__(self, file: FileIO) -> None:
        self._file = file

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        try:
            return os.pread(self._file.fileno(), length, offset)
        except OSError as error:
            log_fault(OBJECTS, error)
            return b""


class _FarObject:
    """Fetched in larger pieces than it's sent in, because each is a request to the bucket."""

    def __init__(self, folder: Storage, digest: bytes) -> None:
        self._folder = folder
        self._digest = digest
        self._piece, self._piece_at = b"", 0

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        at = offset - self._piece_at
        if not 0 <= at < len(self._piece):
            wanted = max(length, min(length + following, _PIECE_BYTES))
            self._piece, self._piece_at, at = await self._fetch(wanted, offset), offset, 0
        return self._piece[at : at + length]

    async def _fetch(self, length: int, offset: int) -> bytes:
        for _ in range(_TRIES):
            try:
                return await self._folder.run(self._folder.read_part, self._digest, length, offset)
            except NoThread:
                continue  # Others are being served: a stream that has begun is slow then, and not cut.
            except (Problem, FileNotFoundError):
                break
        return b""
