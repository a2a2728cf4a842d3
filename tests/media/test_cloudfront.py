"""CloudFront's signed URLs: what AWS's guide says of a canned policy, verified with the public key."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from listenlink.errors import RefusesToStart
from listenlink.media.bucket.address import read_bucket_address
from listenlink.media.bucket.cloudfront import CloudFrontUrls, load_cloudfront_key

AWS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}
DIGEST = bytes(range(32))
KEY = ec.generate_private_key(ec.SECP256R1())


def urls() -> CloudFrontUrls:
    address = read_bucket_address("s3://music/a/b", AWS)
    return CloudFrontUrls("https://d111.cloudfront.net", "K2JCJMDEHXQW5F", KEY, address)


def verify(resource: str, expires: str, signature: str) -> None:
    """As CloudFront does: it writes the canned policy itself from the URL, and tries the key on it."""
    policy = json.dumps(
        {
            "Statement": [
                {
                    "Resource": resource,
                    "Condition": {"DateLessThan": {"AWS:EpochTime": int(expires)}},
                }
            ]
        },
        separators=(",", ":"),
    )
    plain = signature.replace("-", "+").replace("_", "=").replace("~", "/")
    KEY.public_key().verify(base64.b64decode(plain), policy.encode(), ec.ECDSA(SHA256()))


def test_a_url_is_for_one_object_until_a_moment() -> None:
    (url,) = urls().playback_urls([DIGEST], 1_700_000_000, 1_700_000_300)
    base, _, query = url.partition("?")
    assert base == f"https://d111.cloudfront.net/a/b/objects/00/{DIGEST.hex()}"
    asked = {name: value[0] for name, value in parse_qs(query, strict_parsing=True).items()}
    assert list(asked) == ["Expires", "Signature", "Key-Pair-Id", "Hash-Algorithm"]
    assert (asked["Key-Pair-Id"], asked["Hash-Algorithm"]) == ("K2JCJMDEHXQW5F", "SHA256")
    assert asked["Expires"] == "1700000300"
    verify(base, asked["Expires"], asked["Signature"])
    for resource, expires in ((base + "x", "1700000300"), (base, "1700000301")):
        with pytest.raises(InvalidSignature):
            verify(resource, expires, asked["Signature"])


def test_while_the_wall_clock_is_behind_others_are_told_the_end_by_it() -> None:
    now = int(time.time()) + 86_400
    (url,) = urls().playback_urls([DIGEST], now, now + 300)
    (ends_at,) = parse_qs(urlsplit(url).query)["Expires"]
    assert abs(int(ends_at) - time.time() - 300) < 10
    saved = urls().download_url(DIGEST, "a.wav", now, now + 300)
    asked = parse_qs(urlsplit(saved or "").query)
    signed = datetime.strptime(asked["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert abs(signed.timestamp() - time.time()) < 10
    assert asked["X-Amz-Expires"] == ["300"]


def test_the_page_loads_from_the_distribution_and_names_come_from_the_bucket() -> None:
    assert urls().origin == "https://d111.cloudfront.net"
    saved = urls().download_url(DIGEST, "a.wav", 1_700_000_000, 1_700_000_300)
    assert saved is not None
    assert urlsplit(saved).netloc == "s3.us-east-1.amazonaws.com"


def test_a_key_that_is_none_or_is_open_to_others_refuses_to_start(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(RefusesToStart, match="can't be read"):
        load_cloudfront_key(path)
    path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nnot one\n-----END PRIVATE KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(RefusesToStart, match="isn't a private key"):
        load_cloudfront_key(path)
    other = ec.generate_private_key(ec.SECP384R1())
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(RefusesToStart, match="P-256"):
        load_cloudfront_key(path)
    path.write_bytes(pem)
    assert load_cloudfront_key(path).private_numbers() == KEY.private_numbers()
    path.chmod(0o640)
    with pytest.raises(RefusesToStart, match="chmod 600"):
        load_cloudfront_key(path)
