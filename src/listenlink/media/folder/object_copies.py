"""Copies of stored objects: into a backup, as cheaply as possible, and out of it, checking every byte."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from listenlink.media.disk.room import Room

_READ_BYTES = 1024 * 1024


class ObjectCopies:
    """The objects in a backup's folder, laid out like the instance's own."""

    def __init__(self, root: Path, room: Room | None = None) -> None:
        self._root = root
        self._room = room or Room({})

    def path(self, digest: bytes) -> Path:
        """The path where the object is or would be."""
        name = digest.hex()
        return self._root / name[:2] / name

    def add(self, digest: bytes, source: Path) -> bool:
        """Add an object unless it's there; return whether it was added. Raises FileNotFoundError.

        Within one file system it's a second name for the same bytes, which are never changed. Raises NoRoom
        if a copy would leave too little free.
        """
        target = self.path(digest)
        if target.exists():
            return False
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}")
        draft.unlink(missing_ok=True)
        try:
            os.link(source, draft)
        except FileNotFoundError:
            raise
        except OSError:
            require_for_copy(self._room, source)
            shutil.copyfile(source, draft)
            with draft.open("rb") as copied:
                os.fsync(copied.fileno())
        draft.replace(target)
        return True

    def keep_only(self, digests: Collection[bytes]) -> int:
        """Remove all other objects, and what an interrupted copy left; return how many."""
        kept = {digest.hex() for digest in digests}
        gone = 0
        for path in list(self._root.glob("*/*")):
            if path.name not in kept:
                path.unlink()
                gone += 1
        return gone


def require_for_copy(room: Room, source: Path) -> None:
    """Raise NoRoom, in any of its places, unless a copy of this file fits in. Raises FileNotFoundError."""
    for place in room.places:
        room.require(place, source.stat().st_size)


def copy_checked(digest: bytes, source: Path, target: Path, room: Room) -> bool:
    """Copy an object; False if its bytes don't match its digest. Raises FileNotFoundError, and NoRoom if that
    would leave too little free."""
    require_for_copy(room, source)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = hashlib.sha256()
    with source.open("rb") as reading, target.open("xb") as writing:
        os.fchmod(writing.fileno(), 0o600)
        while chunk := reading.read(_READ_BYTES):
            found.update(chunk)
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return found.digest() == digest


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    with path.open("rb") as reading:
        while chunk := reading.read(_READ_BYTES):
            found.update(chunk)
    return found.hexdigest()
