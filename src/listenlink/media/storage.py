"""Where finished objects are stored: what is asked of a folder and of a bucket alike.

An object is named by the SHA-256 of its bytes (32 bytes, `digest`) and never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from listenlink.media.disk.draft import Draft
from listenlink.media.disk.drafts import Drafts
from listenlink.media.disk.room import Room

_Result = TypeVar("_Result")


class Audio(Protocol):
    """A stored object that can be read in parts."""

    async def read(self, length: int, offset: int, following: int = 0) -> bytes:
        """At most `length` bytes starting at `offset`; none if they aren't available (any more).
        `following` is how many after these will be asked for next."""


class MediaUrls(Protocol):
    """Addresses at which listeners get objects without going through this server."""

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
        that, and so the server has to send it itself."""


class Storage(Protocol):
    """Objects in one place. What isn't `async` may wait for a disk or a network, so it's called in a thread;
    `carry_out` has some for whatever publishes or removes, which may take long."""

    has_leftovers: bool
    """Whether anything is left over that couldn't be removed when it should have been."""

    @property
    def drafts(self) -> Drafts:
        """What is arriving, and hasn't become an object yet."""

    @property
    def room(self) -> Room:
        """How much may still be written on the instance's own disk."""

    @property
    def urls(self) -> MediaUrls | None:
        """Addresses that listeners are given; None if this server sends the objects itself."""

    def share_lock(self, publishing: Callable[[], AbstractContextManager[None]]) -> None:
        """Use a lock common to all nodes with the same objects: while one publishes or removes, the others
        wait."""

    def start_serving(
        self,
        is_kept: Callable[[bytes], bool],
        is_arriving: Callable[[Path], bool] = lambda path: False,
    ) -> None:
        """Mark this process as serving. The first to do so cleans up what a crash left, except for
        what `is_arriving`: uploads that will be resumed."""

    def stop_serving(self) -> None:
        """Withdraw what `start_serving` marked."""

    def check_writing(self) -> None:
        """Return if files can be written wherever this writes on the instance's own disk; else raise
        StorageFault."""

    async def ping(self) -> None:
        """Return if what isn't on the instance's own disk can be used now; else raise Problem."""

    async def carry_out(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` with the arguments in a thread, and await its result. Raises Problem(UNAVAILABLE) if,
        while this waited for a thread, others found that the database or the storage can't be used."""

    async def open_audio(self, digest: bytes) -> Audio:
        """An object for listeners, who ask for it in many parts. Raises FileNotFoundError, and
        Problem(STORAGE_UNAVAILABLE)."""

    def let_go(self) -> None:
        """Hold nothing open but what is being read, so that a deleted object's space is soon free. Called
        every second."""

    async def read_object(self, digest: bytes) -> bytes:
        """The bytes of a small object, such as a cover. Raises FileNotFoundError, and Problem."""

    def open_object(self, digest: bytes) -> int:
        """A local file's descriptor, for reading at any offset. Raises FileNotFoundError, StorageFault, and
        Problem(STORAGE_UNAVAILABLE)."""

    def publish(
        self,
        drafts: Sequence[Draft],
        commit: Callable[[], _Result],
        is_kept: Callable[[bytes], bool],
    ) -> _Result:
        """Turn the drafts into objects and run `commit`, which stores their row; all or nothing."""

    def remove_objects(self, digests: Iterable[bytes], is_kept: Callable[[bytes], bool]) -> None:
        """Delete objects that nothing needs, unless they have come to be needed meanwhile. Those that can't
        be deleted now are left for later."""

    def remove_leftovers(self, is_kept: Callable[[bytes], bool]) -> None:
        """Remove what `has_leftovers` refers to, apart from discarded audio, which the caller lists. Raises
        Problem if that still isn't possible."""
