"""The bytes of an archive, any part of it, read from the stored files as they're asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from listenlink.errors import Problem
from listenlink.media.storage import Audio
from listenlink.model.archive import ArchiveLayout
from listenlink.threads import keep_asking

_log = structlog.get_logger()


class ArchiveAudio:
    """An archive, read like one stored object; one of its files is open at a time. `number` is that of the
    file that was read last."""

    def __init__(
        self, layout: ArchiveLayout, open_audio: Callable[[bytes], Awaitable[Audio]]
    ) -> None:
        self._layout = layout
        self._open_audio = open_audio
        self._opened: tuple[int, Audio] | None = None
        self.number = 0

    async def open_at(self, offset: int, length: int) -> None:
        """Open the first file of which a part of so many bytes from this offset needs any. Raises
        FileNotFoundError, which is in the log, if that is lost, and Problem(STORAGE_UNAVAILABLE)."""
        end = offset + length
        while offset < end:
            place = self._layout.place(offset)
            if place.text is None:
                digest = self._layout.files[place.number].digest
                try:
                    self._opened = place.number, await self._open_audio(digest)
                except FileNotFoundError:
                    _note_missing(digest)
                    raise
                self.number = place.number
                return
            offset += place.length

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`; fewer, or none, if they can't be had now.
        `following` is how many after these will be asked for next."""
        read = b""
        while len(read) < length and offset + len(read) < self._layout.size_bytes:
            left = length - len(read)
            more = await self._read_some(left, offset + len(read), following)
            if not more:
                break
            read += more
        return read

    async def _read_some(self, length: int, offset: int, following: int) -> bytes:
        place = self._layout.place(offset)
        if place.text is not None:
            return place.text[place.start : place.start + length]
        audio = await self._file(place.number)
        if audio is None:
            return b""
        length = min(length, place.length)
        return await audio.read(length, place.start, min(following, place.length - length))

    async def _file(self, number: int) -> Audio | None:
        if self._opened is None or self._opened[0] != number:
            audio = await self._open(self._layout.files[number].digest)
            if audio is None:
                return None
            self._opened = number, audio
        self.number = number
        return self._opened[1]

    async def _open(self, digest: bytes) -> Audio | None:
        try:
            return await keep_asking(lambda: self._open_audio(digest))
        except FileNotFoundError:
            _note_missing(digest)
        except (Problem, OSError):
            pass
        return None


def _note_missing(digest: bytes) -> None:
    """Deleted since the check; or lost, which the operator should know about."""
    _log.warning("audio_missing", digest=digest.hex())
