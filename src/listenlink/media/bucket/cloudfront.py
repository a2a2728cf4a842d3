"""Playback URLs of a CloudFront distribution in front of the bucket: signed, each for one object.

As in the CloudFront developer guide, "Create a signed URL using a canned policy", with an ECDSA key
on P-256 and SHA-256.
"""

from __future__ import annotations

import base64
import stat
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from listenlink.clock import ahead_of_wall_seconds
from listenlink.errors import RefusesToStart
from listenlink.media.bucket.address import BucketAddress, object_key
from listenlink.media.bucket.presigned_url import PresignedUrls

# What CloudFront uses in place of the three base64 characters that a query can't contain.
_IN_QUERY = bytes.maketrans(b"+=/", b"-_~")


def load_cloudfront_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Load the key from a PEM file that only its owner may read. Raises RefusesToStart."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError:
        raise RefusesToStart(f"{path}: the CloudFront key can't be read") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise RefusesToStart(f"{path}: isn't a private key in PEM, without a password") from None
    if mode & 0o077:
        raise RefusesToStart(f"{path}: others may read the CloudFront key; chmod 600 it")
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise RefusesToStart(f"{path}: the CloudFront key must be an ECDSA key on P-256")
    return key


class CloudFrontUrls:
    """Signs for the distribution at `base_url`, whose origin is the bucket; downloads with a file name
    go to the bucket itself."""

    def __init__(
        self,
        base_url: str,
        key_id: str,
        key: ec.EllipticCurvePrivateKey,
        address: BucketAddress,
    ) -> None:
        self._base_url = base_url
        self._key_id = key_id
        self._key = key
        self._address = address
        self._bucket = PresignedUrls(address)

    @property
    def origin(self) -> str:
        """`https://host` of the distribution."""
        return self._base_url

    def playback_urls(
        self, digests: Sequence[bytes], now_seconds: int, expires_at: int
    ) -> list[str]:
        """For each object, a URL to get it until `expires_at`."""
        ends_at = expires_at - ahead_of_wall_seconds(now_seconds)
        return [self._sign(self._address.full_key(object_key(d)), ends_at) for d in digests]

    def download_url(
        self, digest: bytes, file_name: str, now_seconds: int, expires_at: int
    ) -> str | None:
        """A bucket URL, because its operator chooses what a distribution passes on of a query."""
        return self._bucket.download_url(digest, file_name, now_seconds, expires_at)

    def _sign(self, key: str, expires_at: int) -> str:
        url = f"{self._base_url}/{key}"
        # Exactly like this: CloudFront builds the same text and verifies the signature against it.
        policy = (
            f'{{"Statement":[{{"Resource":"{url}",'
            f'"Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires_at}}}}}}}]}}'
        )
        signature = self._key.sign(policy.encode(), ec.ECDSA(SHA256()))
        written = base64.b64encode(signature).translate(_IN_QUERY).decode()
        return (
            f"{url}?Expires={expires_at}&Signature={written}"
            f"&Key-Pair-Id={self._key_id}&Hash-Algorithm=SHA256"
        )
