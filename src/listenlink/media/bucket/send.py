"""How a file becomes an object in the bucket: in parts, and with what browsers are told when they get it."""

from __future__ import annotations

from pathlib import Path

from listenlink.media.bucket.address import Store, bucket_unavailable, object_key

PART_BYTES = 8 * 1024 * 1024
_PARTS_AT_ONCE = 2


def send_object(
    store: Store, digest: bytes, path: Path, size_bytes: int, content_type: str
) -> None:
    """Send the file as the object with this digest, in place of any that is there. Raises
    Problem(STORAGE_UNAVAILABLE)."""
    with bucket_unavailable():
        store.put(
            object_key(digest),
            path,
            attributes={
                "Content-Type": content_type,
                "Content-Disposition": "inline",
                "Cache-Control": "private, max-age=300, no-transform",
            },
            use_multipart=size_bytes > PART_BYTES,
            chunk_size=PART_BYTES,
            max_concurrency=_PARTS_AT_ONCE,
        )
