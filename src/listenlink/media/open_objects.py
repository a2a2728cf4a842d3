"""Descriptors of the audio that is being listened to, shared by everybody who listens."""

from __future__ import annotations

import os
from io import FileIO

from listenlink.media.storage import Storage

_MOST = 200


class OpenObjects:
    """Objects that were read within the last moments stay open: a player asks for one file in many
    ranges. `let_go` is called every second, so that a deleted file's room is soon free."""

    def __init__(self, folder: Storage) -> None:
        self._folder = folder
        self._open: dict[bytes, FileIO] = {}

    async def open(self, digest: bytes) -> FileIO:
        """The object, closed by itself when the last who reads it is done.

        Raises FileNotFoundError, and Problem(STORAGE_UNAVAILABLE).
        """
        file = self._open.get(digest)
        if file is None:
            if self._folder.is_local:
                descriptor = self._folder.open_object(digest)
            else:
                descriptor = await self._folder.run(self._folder.open_object, digest)
            file = os.fdopen(descriptor, "rb", buffering=0)
            if len(self._open) < _MOST:
                self._open[digest] = file
        return file

    def let_go(self) -> None:
        """Keep none open but for those who are reading."""
        self._open.clear()
