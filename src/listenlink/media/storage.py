"""Where finished objects are kept: in the folder itself, as here, or in a bucket (`media/bucket/bucket.py`).

Drafts are in the local folder either way, because measuring needs a file that can be read anywhere.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from listenlink.media.folder.folder import Folder

_Result = TypeVar("_Result")


class Storage(Folder):
    """The folder with its objects in it. What waits for a disk or a network goes through `run`."""

    # Whether something is left that couldn't be removed when it should have been.
    has_leftovers = False
    # Whether opening an object is a matter of microseconds.
    is_local = True

    def share_lock(self, publishing: Callable[[], AbstractContextManager[None]]) -> None:
        """Several nodes keep the same objects: while one publishes or removes, the others wait here. The
        folder's objects are one machine's, whose processes have a lock of their own."""

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` with the arguments in a thread, and wait for it."""
        return await asyncio.to_thread(work, *arguments)

    def read_object(self, digest: bytes) -> bytes:
        """The bytes of a small object, as a cover. Raises FileNotFoundError."""
        with open(self.open_object(digest), "rb") as file:
            return file.read()

    def read_part(self, digest: bytes, length: int, offset: int) -> bytes:
        """At most so many bytes of an object from there on. Raises FileNotFoundError."""
        descriptor = self.open_object(digest)
        try:
            return os.pread(descriptor, length, offset)
        finally:
            os.close(descriptor)

    def ping(self) -> None:
        """Return if objects can be stored now. Raises Problem(STORAGE_UNAVAILABLE) or OSError."""
        os.statvfs(self.object_path(b"\0").parent.parent)

    def remove_leftovers(self, is_kept: Callable[[bytes], bool]) -> None:
        """Remove what `has_leftovers` is about. Raises Problem if that still can't be done."""


class MediaUrls(Protocol):
    """Addresses by which listeners get objects past this server. Where there is no such thing, as
    with the local folder, the server sends audio itself (`web/public/playback.py`)."""

    @property
    def origin(self) -> str:
        """`scheme://host[:port]` of the playback URLs, for a page's policy."""

    def playback_urls(
        self, digests: Sequence[bytes], now_seconds: int, expires_at: int
    ) -> list[str]:
        """For each object an address that can be got, and nothing else, until `expires_at`."""

    def download_url(
        self, digest: bytes, file_name: str, now_seconds: int, expires_at: int
    ) -> str | None:
        """The same for one object that a browser is to save under this name; None where the storage
        can't do that: then the server has to send it, as it does from a folder."""
