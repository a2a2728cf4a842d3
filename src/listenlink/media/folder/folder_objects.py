"""The objects in an instance's folder, for moving them: media/moved_objects.py."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from listenlink.media.disk.draft import sync_folder
from listenlink.media.disk.faults import OBJECTS
from listenlink.media.disk.room import Room
from listenlink.media.disk.second_name import remove_half_copies
from listenlink.media.folder.object_copies import ObjectCopies, digest_of, require_for_copy
from listenlink.media.moved_objects import OtherBytes


class FolderObjects:
    """`root/objects`, of which `keep_free_bytes` of its disk stay free (`media/disk/room.py`)."""

    def __init__(self, root: Path, keep_free_bytes: int | None = 0) -> None:
        self._copies = ObjectCopies(root / OBJECTS)
        self._room = Room({OBJECTS: root / OBJECTS}, keep_free_bytes)

    def find_size(self, digest: bytes) -> int | None:
        """The object's size in bytes; None if it isn't there."""
        try:
            return self._copies.path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def is_whole(self, digest: bytes) -> bool:
        """Whether it's there with the bytes that its name says."""
        try:
            return digest_of(self._copies.path(digest)) == digest.hex()
        except FileNotFoundError:
            return False

    @contextlib.contextmanager
    def fetch(self, digest: bytes) -> Iterator[Path]:
        """The object's own file. Raises FileNotFoundError and OtherBytes."""
        path = self._copies.path(digest)
        if digest_of(path) != digest.hex():
            raise OtherBytes
        yield path

    def put(self, digest: bytes, path: Path, content_type: str) -> None:
        """Store a copy of the file as this object; it has its name once it's on the disk. Raises NoRoom."""
        require_for_copy(self._room, path)
        target = self._copies.path(digest)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_half_copies(target)  # Of a move that was killed: only one runs at a time.
        half = target.with_name(f".{target.name}-{secrets.token_hex(8)}")
        try:
            shutil.copyfile(path, half)
            half.chmod(0o600)
            with half.open("rb") as copied:
                os.fsync(copied.fileno())
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
        sync_folder(target.parent)
