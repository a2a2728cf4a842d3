"""Where a bucket is: what the setting and the cloud's variables say, and what refuses to start."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from listenlink.errors import RefusesToStart
from listenlink.media.bucket.address import read_bucket_address
from listenlink.media.bucket.presigned_url import PresignedUrls

AWS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "not-to-be-told"}


@pytest.mark.parametrize(
    ("url", "prefix", "endpoint", "region"),
    [
        ("s3://music", "", "https://s3.us-east-1.amazonaws.com", "us-east-1"),
        ("s3://music/", "", "https://s3.us-east-1.amazonaws.com", "us-east-1"),
        ("s3://music/a/b.c", "a/b.c", "https://s3.us-east-1.amazonaws.com", "us-east-1"),
        ("s3://music/a/?region=eu-west-1", "a", "https://s3.eu-west-1.amazonaws.com", "eu-west-1"),
        ("s3://music?endpoint=https://s3.example:9000", "", "https://s3.example:9000", "us-east-1"),
        ("s3://music?endpoint=http://127.0.0.1:9", "", "http://127.0.0.1:9", "us-east-1"),
        ("s3://music?endpoint=http://[::1]:9", "", "http://[::1]:9", "us-east-1"),
        ("s3://music?endpoint=http://localhost", "", "http://localhost", "us-east-1"),
    ],
)
def test_what_is_read(url: str, prefix: str, endpoint: str, region: str) -> None:
    address = read_bucket_address(url, AWS)
    assert (address.bucket, address.prefix) == ("music", prefix)
    assert (address.endpoint, address.region) == (endpoint, region)
    assert "not-to-be-told" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "s3://", "s3://a", "s3://Music", "s3://music/../x", "s3://music/a/./b", "s3://music//x",
        "s3://mu sic",
        "s3://music/ä", "s3://music/a b", "s3://user@music", "s3://music:80/x", "ftp://music",
        "s3://music?endpoint=http://s3.example", "s3://music?endpoint=http://127.0.0.1.example",
        "s3://music?endpoint=ftp://127.0.0.1", "s3://music?endpoint=https://s3.example/path",
        "s3://music?endpoint=https://user@s3.example", "s3://music?endpoint=https://s3.example:99999",
        "s3://music?endpoint=https://s3.example%0a", "s3://music?endpoint=", "s3://music?endpiont=https://x.y",
        "s3://music?region=a/b", "s3://music\n", "gs://music?endpoint=https://s3.example",
    ],
)  # fmt: skip
def test_what_refuses_to_start_in_one_line_without_a_secret(url: str) -> None:
    with pytest.raises(RefusesToStart) as told:
        read_bucket_address(url, AWS | {"GOOGLE_APPLICATION_CREDENTIALS": "/x"})
    assert str(told.value).startswith("LISTENLINK_STORAGE_URL: ")
    assert "\n" not in str(told.value)
    assert "not-to-be-told" not in str(told.value)


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_without_credentials_it_does_not_start(scheme: str) -> None:
    with pytest.raises(RefusesToStart, match="in the environment"):
        read_bucket_address(f"{scheme}://music", {"AWS_ACCESS_KEY_ID": "AKID"})


def test_google_and_azure_are_signed_for_without_asking_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65_537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account", "private_key_id": "1", "private_key": pem,
        "client_email": "listenlink@project.example", "client_id": "1", "project_id": "project",
    }  # fmt: skip
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    given = {
        "GOOGLE_APPLICATION_CREDENTIALS": str(path),
        "AZURE_STORAGE_ACCOUNT_NAME": "listenlink",
        "AZURE_STORAGE_ACCOUNT_KEY": "bm90LXRvLWJlLXRvbGQ=",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    digest = bytes(32)
    for url, origin, seconds in (
        ("gs://music/a", "https://storage.googleapis.com", "X-Goog-Expires"),
        ("az://music/a", "https://listenlink.blob.core.windows.net", "se"),
    ):
        urls = PresignedUrls(read_bucket_address(url, given))
        (signed,) = urls.playback_urls([digest], 1000, 1060)
        assert urls.origin == origin
        parts = urlsplit(signed)
        assert parts.path == f"/music/a/objects/00/{digest.hex()}"
        assert seconds in parse_qs(parts.query)
        assert re.search(r"(^|&)(sp=r|X-Goog-Algorithm=GOOG4-RSA-SHA256)(&|$)", parts.query)
        # A name can't be signed for here: then the server sends the file.
        assert urls.download_url(digest, "a.wav", 1000, 1060) is None
