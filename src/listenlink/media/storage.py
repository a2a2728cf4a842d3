"""Where finished objects are stored: in the folder, as here, or in a bucket (`media/bucket/bucket.py`).

Drafts are in the local folder either way, because measuring needs a file that can be read at any offset.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from listenlink.errors import Problem, ProblemKind
from listenlink.media.folder.folder import Folder
from listenlink.threads import DISK, STORAGE, Threads

_Result = TypeVar("_Result")


class Storage(Folder):
    """The folder, with the objects in it. Whatever waits for a disk or a network goes through `run`, and what
    publishes or removes objects, which may take long, through `carry_out`: neither takes the other's
    threads."""

    # Whether opening an object takes only microseconds.
    is_local = True
    # Those in which `run` and `carry_out` call.
    _threads: Threads = DISK
    _long_threads: Threads = STORAGE

    def share_lock(self, publishing: Callable[[], AbstractContextManager[None]]) -> None:
        """Use a lock common to all nodes with the same objects: while one publishes or removes, the others
        wait. The folder's objects are on one machine, whose processes have their own lock."""

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` with the arguments in a thread, and await its result."""
        return await self._threads.run(work, *arguments)

    async def carry_out(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` with the arguments in a thread, and await its result. Raises Problem(UNAVAILABLE) if,
        while this waited for a thread, others found that the database or the storage can't be used."""
        before = self._turns.failures

        def unless_failed() -> _Result:
            self._turns.require_none_since(before)
            try:
                return work(*arguments)
            except Problem as problem:
                if problem.kind is ProblemKind.STORAGE_UNAVAILABLE:
                    self._turns.failures += 1
                raise

        return await self._long_threads.run(unless_failed)

    def read_object(self, digest: bytes) -> bytes:
        """The bytes of a small object, such as a cover. Raises FileNotFoundError."""
        with open(self.open_object(digest), "rb") as file:
            return file.read()

    def read_part(self, digest: bytes, length: int, offset: int) -> bytes:
        """At most `length` bytes of an object, starting at `offset`. Raises FileNotFoundError."""
        descriptor = self.open_object(digest)
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def ping(self) -> None:
        """Return if objects can be stored now; else raise Problem(STORAGE_UNAVAILABLE) or OSError."""
        os.statvfs(self.object_path(b"\0").parent.parent)

    def remove_leftovers(self, is_kept: Callable[[bytes], bool]) -> None:
        """Remove what `has_leftovers` refers to, apart from discarded audio, which the caller lists. Raises
        Problem if that still isn't possible."""
        self.has_leftovers = False


class MediaUrls(Protocol):
    """Addresses at which listeners get objects without going through this server. Where there are none,
    as with the local folder, the server sends audio itself (`web/public/playback.py`)."""

    @property
    def origin(self) -> str:
        """`scheme://host[:port]` of the playback URLs, for the policy of an HTML page."""

    def playback_urls(
        self, digests: Sequence[bytes], now_seconds: int, expires_at: int
    ) -> list[str]:
        """For each object an address that allows getting it, and nothing else, until `expires_at`."""

    def download_url(
        self, digest: bytes, file_name: str, now_seconds: int, expires_at: int
    ) -> str | None:
        """The address for a browser to save one object under this name; None where the storage can't do
        that, and so the server has to send it, as it does from a folder."""
