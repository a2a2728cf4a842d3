"""The objects in a bucket, for moving them: media/moved_objects.py."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from obstore.exceptions import PermissionDeniedError

from listenlink.media.bucket.address import BucketAddress, bucket_unavailable, connect, object_key
from listenlink.media.bucket.send import PART_BYTES, send_object
from listenlink.media.disk.faults import UPLOADS
from listenlink.media.disk.room import Room
from listenlink.media.moved_objects import OtherBytes

_SECONDS = 60.0
_RETRIES = 3


class BucketObjects:
    """Objects below the bucket's prefix. `scratch` is a local folder for one object at a time and thread; its
    files begin with `.moving-`."""

    def __init__(
        self, address: BucketAddress, scratch: Path, keep_free_bytes: int | None = 0
    ) -> None:
        self._room = Room({UPLOADS: scratch}, keep_free_bytes)
        self._store = connect(address, _SECONDS, _RETRIES)
        self._scratch = scratch

    def find_size(self, digest: bytes) -> int | None:
        """The object's size in bytes; None if it isn't there."""
        with bucket_unavailable():
            try:
                return self._store.head(object_key(digest))["size"]
            except (FileNotFoundError, PermissionDeniedError):
                # To those who may not list, S3 denies access to whatever isn't there.
                return None

    def is_whole(self, digest: bytes) -> bool:
        """Whether it's there with the bytes that its name says."""
        found = hashlib.sha256()
        try:
            for part in self._read(digest):
                found.update(part)
        except FileNotFoundError:
            return False
        return found.digest() == digest

    @contextlib.contextmanager
    def fetch(self, digest: bytes) -> Iterator[Path]:
        """A local copy of the object. Raises FileNotFoundError, OtherBytes and NoRoom."""
        path, found = self._scratch / f".moving-{secrets.token_hex(8)}", hashlib.sha256()
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                for part in self._read(digest):
                    found.update(part)
                    self._room.require(UPLOADS, len(part))
                    file.write(part)
            if found.digest() != digest:
                raise OtherBytes
            yield path
        finally:
            path.unlink(missing_ok=True)

    def put(self, digest: bytes, path: Path, content_type: str) -> None:
        """Send the file as this object."""
        send_object(self._store, digest, path, path.stat().st_size, content_type)

    def _read(self, digest: bytes) -> Iterator[bytes]:
        size = self.find_size(digest)
        if size is None:
            raise FileNotFoundError(object_key(digest))
        for start in range(0, size, PART_BYTES):
            end = min(start + PART_BYTES, size)
            with bucket_unavailable():
                part = bytes(self._store.get_range(object_key(digest), start=start, end=end))
            yield part
