"""How an object's bytes come from the bucket: compared with their name, except for parts."""

from __future__ import annotations

import hashlib
from typing import IO

import structlog

from listenlink.media.bucket.address import Store, bucket_unavailable, object_key
from listenlink.media.bucket.send import PART_BYTES
from listenlink.media.disk.faults import UPLOADS, storing


def fetch_part(store: Store, digest: bytes, length: int, offset: int) -> bytes:
    """At most `length` bytes of the object, starting at `offset`. Raises FileNotFoundError, and
    Problem(STORAGE_UNAVAILABLE)."""
    with bucket_unavailable():
        return bytes(store.get_range(object_key(digest), start=offset, length=length))


def fetch_whole(store: Store, digest: bytes) -> bytes:
    """The bytes of a small object. Raises FileNotFoundError, also if they are wrong, and
    Problem(STORAGE_UNAVAILABLE)."""
    with bucket_unavailable():
        data = bytes(store.get(object_key(digest)).bytes())
    _require_same(digest, hashlib.sha256(data).digest())
    return data


def copy_object(store: Store, digest: bytes, size_bytes: int, file: IO[bytes]) -> None:
    """Copy the object into a file in `uploads/`. Raises FileNotFoundError, also if its bytes are wrong, and
    StorageFault."""
    read = hashlib.sha256()
    for start in range(0, size_bytes, PART_BYTES):
        end = min(start + PART_BYTES, size_bytes)
        part = store.get_range(object_key(digest), start=start, end=end)
        read.update(part)
        with storing(UPLOADS):
            file.write(part)
            file.flush()
    _require_same(digest, read.digest())


def _require_same(digest: bytes, found: bytes) -> None:
    if found != digest:
        structlog.get_logger().error("object_has_other_bytes", digest=digest.hex())
        raise FileNotFoundError(object_key(digest))
