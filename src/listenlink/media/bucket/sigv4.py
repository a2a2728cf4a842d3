"""AWS Signature Version 4 in the query, for what obstore can't sign: URLs with a query of our own.

As in the S3 API reference, "Authenticating requests: using query parameters". A test checks it against
the published vectors. Only `presign_get` makes addresses that are handed to somebody else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNSIGNED = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    """An access key; `session_token` comes with temporary keys."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def presign_get(
    url: str,
    query: Mapping[str, str],
    credentials: AwsCredentials,
    region: str,
    now_seconds: int,
    expires_in_seconds: int,
) -> str:
    """Sign a GET on S3 with `sign_query`."""
    return sign_query("GET", url, query, credentials, region, now_seconds, expires_in_seconds)


def sign_query(
    method: str,
    url: str,
    query: Mapping[str, str],
    credentials: AwsCredentials,
    region: str,
    now_seconds: int,
    expires_in_seconds: int,
    service: str = "s3",
    payload_digest: str = _UNSIGNED,
) -> str:
    """The URL with the query and a signature, valid for `expires_in_seconds` from `now_seconds`.

    `url` is `scheme://host/path` in ASCII, escaped where necessary, without a query.
    """
    moment = datetime.fromtimestamp(now_seconds, UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    asked = {
        **query,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires_in_seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.session_token is not None:
        asked["X-Amz-Security-Token"] = credentials.session_token
    # Sorted after escaping, which gives another order for characters that aren't ASCII.
    pairs = sorted((_escape(name), _escape(value)) for name, value in asked.items())
    text = "&".join(f"{name}={value}" for name, value in pairs)
    host, slash, path = url.partition("://")[2].partition("/")
    canonical = f"{method}\n{slash}{path}\n{text}\nhost:{host}\n\nhost\n{payload_digest}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = _key(credentials.secret_access_key, moment[:8], region, service)
    to_sign = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
    return f"{url}?{text}&X-Amz-Signature={hmac.new(key, to_sign.encode(), 'sha256').hexdigest()}"


def _escape(text: str) -> str:
    return quote(text, safe="-_.~")


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
