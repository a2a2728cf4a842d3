"""Where stored objects can be moved from and to: what moving needs of a folder and of a bucket alike."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol


class OtherBytes(Exception):
    """An object whose bytes aren't those that its name says."""


class Objects(Protocol):
    """Objects in one place, by the SHA-256 of their bytes. Each method may raise Problem(STORAGE_UNAVAILABLE)
    or OSError if the place can't be used now."""

    def find_size(self, digest: bytes) -> int | None:
        """The object's size in bytes; None if it isn't there."""

    def is_whole(self, digest: bytes) -> bool:
        """Whether it's there with the bytes that its name says. Reads all of them."""

    def fetch(self, digest: bytes) -> AbstractContextManager[Path]:
        """A file with the object's bytes, which have been compared with its name; not to be changed, and gone
        afterwards. Raises FileNotFoundError and OtherBytes."""

    def put(self, digest: bytes, path: Path, content_type: str) -> None:
        """Store a copy of the file as this object, in place of any that is there."""
