"""Deletes objects from a bucket."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from listenlink.media.bucket.address import Store, bucket_unavailable, object_key


def delete_objects(store: Store, digests: Sequence[bytes]) -> None:
    """Delete the objects with these digests, those that are there. Raises Problem(STORAGE_UNAVAILABLE)."""
    keys = [object_key(digest) for digest in digests]
    with bucket_unavailable():
        try:
            if keys:
                store.delete(keys)
        except FileNotFoundError:
            # Not every storage treats deleting what is already gone as a success.
            for key in keys:
                with contextlib.suppress(FileNotFoundError):
                    store.delete(key)
