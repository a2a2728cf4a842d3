"""How a file is sent: with its progress reported, and retried where that can help."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from typing import Any, TypeVar

from listenlink.client.error import ListenlinkError
from listenlink.client.source import SourceFile

_Told = TypeVar("_Told")
_TRIES = 5
_LONGEST_WAIT_SECONDS = 60.0


def nobody(_: Any) -> None:
    """A callback that ignores what it's given."""


def may_help(error: ListenlinkError) -> bool:
    """Whether a retry can help, because the server was away, busy or limiting."""
    return error.status in (0, 408, 423, 429) or error.status >= 500


def wait(error: ListenlinkError, tried: int) -> None:
    """Wait as long as the server says, or else twice as long as the last time."""
    seconds = error.retry_after_seconds or 0.25 * 2**tried
    time.sleep(min(seconds, _LONGEST_WAIT_SECONDS))


def trying(ask: Callable[[], _Told]) -> _Told:
    """Ask, retrying where that may help, at most five times in all."""
    for tried in range(1, _TRIES):
        try:
            return ask()
        except ListenlinkError as error:
            if not may_help(error):
                raise
            wait(error, tried)
    return ask()


class WatchedFile(io.RawIOBase):
    """A file that reports how far it has been read. It has no descriptor: the part that is sent may be less
    than the whole file behind it."""

    def __init__(self, file: SourceFile, progress: Callable[[int], None]) -> None:
        self._file = file
        self._progress = progress

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._progress(self._file.tell())
        return data
