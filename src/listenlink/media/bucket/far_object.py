"""The audio of the bucket that is played through this server: parts of its objects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from listenlink.errors import Problem
from listenlink.threads import keep_asking

_PIECE_BYTES = 256 * 1024


class FarObject:
    """Fetched by `read_part` in larger pieces than it's sent in, because each is a request to the bucket."""

    def __init__(
        self, read_part: Callable[[bytes, int, int], Awaitable[bytes]], digest: bytes
    ) -> None:
        self._read_part = read_part
        self._digest = digest
        self._piece, self._piece_at = b"", 0

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`, fetched with some of the `following`; none if they
        can't be had now."""
        at = offset - self._piece_at
        if not 0 <= at < len(self._piece):
            wanted = max(length, min(length + following, _PIECE_BYTES))
            self._piece, self._piece_at, at = await self._fetch(wanted, offset), offset, 0
        return self._piece[at : at + length]

    async def _fetch(self, length: int, offset: int) -> bytes:
        try:
            return await keep_asking(lambda: self._read_part(self._digest, length, offset))
        except (Problem, FileNotFoundError):
            return b""
