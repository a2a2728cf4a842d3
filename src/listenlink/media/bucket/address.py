"""Where a bucket is and who may use it, from `LISTENLINK_STORAGE_URL` and the cloud's own variables.

Nothing here makes a network request. Credentials are long-lived ones from the environment, because
signing must work while nothing else can be reached.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import structlog
from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from listenlink.errors import Problem, ProblemKind, RefusesToStart
from listenlink.media.bucket.sigv4 import AwsCredentials
from listenlink.model.client_address import is_loopback_host

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

SETTING = "LISTENLINK_STORAGE_URL"
Store = S3Store | GCSStore | AzureStore
_URL = re.compile(
    r"(s3|gs|az)://([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])"
    r"((?:/(?!\.{1,2}(?:/|\?|$))[A-Za-z0-9._-]+)*)/?(?:\?(.*))?"
)
_ENDPOINT = re.compile(
    r"(https?)://([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?"
)
_REGION = re.compile("[a-z0-9-]{1,32}")
# For each cloud, the sets of variables of which one must be complete.
_NEEDED = {
    "s3": (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),),
    "gs": (
        ("GOOGLE_APPLICATION_CREDENTIALS",),
        ("GOOGLE_SERVICE_ACCOUNT",),
        ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    ),
    "az": (("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),),
}


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """A bucket. `prefix` has no leading or trailing slash and may be empty. `endpoint` is
    `scheme://host[:port]`; it, the region and the credentials are set for `s3` only."""

    scheme: str
    bucket: str
    prefix: str
    endpoint: str = ""
    region: str = ""
    credentials: AwsCredentials | None = None

    def full_key(self, key: str) -> str:
        """The name in the bucket of the object called `key` below the prefix."""
        return f"{self.prefix}/{key}" if self.prefix else key


def read_bucket_address(url: str, environment: Mapping[str, str]) -> BucketAddress:
    """The address given by the setting and the cloud's variables.

    Raises RefusesToStart with one line that says what is wrong and contains no secret.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise RefusesToStart(f"{SETTING}: must be like s3://bucket/prefix?endpoint=https://…")
    scheme, bucket, path, query = match.groups()
    wanted = dict(parse_qsl(query or "", keep_blank_values=True))
    if set(wanted) - ({"endpoint", "region"} if scheme == "s3" else set()):
        raise RefusesToStart(f"{SETTING}: s3 may have endpoint and region after its ?, no more")
    if not any(all(environment.get(name) for name in names) for names in _NEEDED[scheme]):
        ways = " or ".join(" and ".join(names) for names in _NEEDED[scheme])
        raise RefusesToStart(f"{SETTING}: {scheme} needs {ways} in the environment")
    prefix = path.strip("/")
    if scheme != "s3":
        return BucketAddress(scheme, bucket, prefix)
    region = wanted.get("region") or environment.get("AWS_REGION") or "us-east-1"
    if _REGION.fullmatch(region) is None:
        raise RefusesToStart(f"{SETTING}: the region isn't one")
    endpoint = wanted.get("endpoint", f"https://s3.{region}.amazonaws.com").rstrip("/")
    _check_endpoint(endpoint)
    credentials = AwsCredentials(
        environment["AWS_ACCESS_KEY_ID"],
        environment["AWS_SECRET_ACCESS_KEY"],
        environment.get("AWS_SESSION_TOKEN") or None,
    )
    return BucketAddress(scheme, bucket, prefix, endpoint, region, credentials)


def _check_endpoint(endpoint: str) -> None:
    match = _ENDPOINT.fullmatch(endpoint)
    if match is None or int(match.group(3) or 1) not in range(1, 65_536):
        raise RefusesToStart(f"{SETTING}: the endpoint must be like https://host:port, no path")
    if match.group(1) == "http" and not is_loopback_host(match.group(2)):
        raise RefusesToStart(f"{SETTING}: the endpoint must be https, unless it's on loopback")


def connect(
    address: BucketAddress, request_seconds: float, retries: int, connect_seconds: float = 2
) -> Store:
    """A client for the bucket, below the prefix. None of its requests takes longer than
    `request_seconds`, and each is retried at most `retries` times."""
    client = _client(address.endpoint.startswith("http:"), request_seconds, connect_seconds)
    retry = _retry(request_seconds, retries)
    prefix = address.prefix or None
    if address.scheme == "gs":
        return GCSStore(address.bucket, prefix=prefix, client_options=client, retry_config=retry)
    if address.scheme == "az":
        return AzureStore(address.bucket, prefix=prefix, client_options=client, retry_config=retry)
    return S3Store(
        address.bucket,
        prefix=prefix,
        config=_s3_config(address),
        client_options=client,
        retry_config=retry,
    )


def _client(allow_http: bool, request_seconds: float, connect_seconds: float) -> ClientConfig:
    return {
        "allow_http": allow_http,
        "connect_timeout": timedelta(seconds=connect_seconds),
        "timeout": timedelta(seconds=request_seconds),
        # A connection that has long been idle may be to a server that is gone.
        "pool_idle_timeout": timedelta(seconds=5),
    }


def _retry(request_seconds: float, retries: int) -> RetryConfig:
    return {
        "max_retries": retries,
        "retry_timeout": timedelta(seconds=request_seconds * retries),
        "backoff": {
            "init_backoff": timedelta(milliseconds=50),
            "max_backoff": timedelta(milliseconds=200),
            "base": 2,
        },
    }


def _s3_config(address: BucketAddress) -> S3Config:
    if address.credentials is None:
        raise ValueError("s3 without credentials")
    config: S3Config = {
        "endpoint": address.endpoint,
        "region": address.region,
        "access_key_id": address.credentials.access_key_id,
        "secret_access_key": address.credentials.secret_access_key,
        # Set explicitly, because the environment could say otherwise.
        "skip_signature": False,
        # Many requests at once, each for one key: answers to a list of keys differ too much.
        "disable_bulk_delete": True,
        "virtual_hosted_style_request": False,
    }
    if address.credentials.session_token is not None:
        config["session_token"] = address.credentials.session_token
    return config


def object_key(digest: bytes) -> str:
    """The name of an object below the bucket's prefix."""
    name = digest.hex()
    return f"objects/{name[:2]}/{name}"


@contextlib.contextmanager
def bucket_unavailable() -> Iterator[None]:
    """Turn a bucket that is gone, slow or failing into a 503 for whoever asked, without its own text."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        structlog.get_logger().warning("storage_unavailable", error=type(error).__name__)
        raise Problem(ProblemKind.STORAGE_UNAVAILABLE) from error
