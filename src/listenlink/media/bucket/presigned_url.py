"""Playback URLs of a bucket: presigned GETs, made without any request, in a few microseconds each.

Whoever has one can get one object until it expires, and can do nothing else. The bucket knows
nothing of links: docs/operating.md says what a revocation means.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError

from listenlink.clock import ahead_of_wall_seconds
from listenlink.errors import RefusesToStart
from listenlink.media.attachment import content_disposition
from listenlink.media.bucket.address import SETTING, BucketAddress, connect, object_key
from listenlink.media.bucket.sigv4 import presign_get


class PresignedUrls:
    """Signs with the bucket's own credentials. Raises RefusesToStart if they can't sign."""

    def __init__(self, address: BucketAddress) -> None:
        self._address = address
        self._store = connect(address, request_seconds=1, retries=0)
        try:
            (sample,) = self.playback_urls([b"\0" * 32], 0, 60)
        except (BaseError, ValueError):
            raise RefusesToStart(f"{SETTING}: these credentials can't sign URLs") from None
        parts = urlsplit(sample)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    @property
    def origin(self) -> str:
        """`scheme://host[:port]` of the bucket."""
        return self._origin

    def playback_urls(
        self, digests: Sequence[bytes], now_seconds: int, expires_at: int
    ) -> list[str]:
        """For each object, a URL to get it until `expires_at`."""
        left = timedelta(seconds=max(1, expires_at - now_seconds))
        return list(obstore.sign(self._store, "GET", [object_key(d) for d in digests], left))

    def download_url(
        self, digest: bytes, file_name: str, now_seconds: int, expires_at: int
    ) -> str | None:
        """On S3, a URL for a browser to save the object under this name; elsewhere None."""
        address = self._address
        if address.credentials is None:
            return None
        key = address.full_key(object_key(digest))
        return presign_get(
            f"{address.endpoint}/{address.bucket}/{key}",
            {"response-content-disposition": content_disposition(file_name)},
            address.credentials,
            address.region,
            now_seconds - ahead_of_wall_seconds(now_seconds),
            max(1, expires_at - now_seconds),
        )
