"""The audio of the folder that is being played: open descriptors."""

from __future__ import annotations

import os
from io import FileIO

from listenlink.media.disk.faults import OBJECTS, log_fault


class OpenFile:
    """A file that is being read. It closes by itself when its last reader is done."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`; none if the disk doesn't give them."""
        try:
            return os.pread(self._file.fileno(), length, offset)
        except OSError as error:
            log_fault(OBJECTS, error)
            return b""
