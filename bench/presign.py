"""How long the playback URLs of a collection of 500 tracks take to write, by who signs them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from statistics import median

from cryptography.hazmat.primitives.asymmetric import ec
from listenlink.media.bucket.address import read_bucket_address
from listenlink.media.bucket.cloudfront import CloudFrontUrls
from listenlink.media.bucket.presigned_url import PresignedUrls

_TRACKS = 500
_ROUNDS = 9
_KEYS = {"AWS_ACCESS_KEY_ID": "AKIDBENCH", "AWS_SECRET_ACCESS_KEY": "not-used-anywhere"}


def measure_presigning() -> dict[str, str]:
    """Figures for the results; nothing is asked of any network."""
    address = read_bucket_address("s3://bench/music?endpoint=http://127.0.0.1:9", _KEYS)
    digests = [secrets.token_bytes(32) for _ in range(_TRACKS)]
    now = int(time.time())
    bucket = PresignedUrls(address)
    cloudfront = CloudFrontUrls(
        "https://bench.cloudfront.net", "KBENCHBENCH", ec.generate_private_key(ec.SECP256R1()), address
    )  # fmt: skip
    return {
        "500 presigned URLs of S3 (target ≤ 5 ms)": _milliseconds(
            lambda: bucket.playback_urls(digests, now, now + 300)
        ),
        "500 signed URLs of CloudFront": _milliseconds(
            lambda: cloudfront.playback_urls(digests, now, now + 300)
        ),
        "one download URL of S3": _milliseconds(
            lambda: bucket.download_url(digests[0], "Evening.wav", now, now + 300)
        ),
    }


def _milliseconds(work: Callable[[], object]) -> str:
    took = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return f"{median(took) * 1000:.2f} ms"


if __name__ == "__main__":
    for name, figure in measure_presigning().items():
        print(f"{name}: {figure}")
