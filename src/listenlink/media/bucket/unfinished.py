"""Unfinished multipart uploads in the bucket: nobody sees them, and they cost money until they're aborted.

obstore aborts those it can; this is for those during which the bucket or this process died. S3 only.
"""

from __future__ import annotations

import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection

from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.media.bucket.address import BucketAddress
from listenlink.media.bucket.sigv4 import sign_query

_SECONDS = 2.2
_MOST_ANSWER_BYTES = 1024 * 1024
_UPLOAD_ID = re.compile(rb"<UploadId>([A-Za-z0-9._~+/=-]{1,1024})</UploadId>")


def abort_unfinished(address: BucketAddress, key: str) -> None:
    """Abort unfinished uploads under this key, if these credentials may list them.

    Raises Problem(STORAGE_UNAVAILABLE) if the bucket can't be reached.
    """
    if address.credentials is None:
        return
    full_key = address.full_key(key)
    listing = _ask(address, "GET", f"/{address.bucket}", {"uploads": "", "prefix": full_key})
    for upload_id in _UPLOAD_ID.findall(listing):
        _ask(address, "DELETE", f"/{address.bucket}/{full_key}", {"uploadId": upload_id.decode()})


def _ask(address: BucketAddress, method: str, path: str, query: dict[str, str]) -> bytes:
    """The answer's body; empty if the request is refused."""
    if address.credentials is None:
        return b""
    now_seconds = Clock().now_us() // SECOND_US
    signed = sign_query(
        method, address.endpoint + path, query, address.credentials, address.region, now_seconds, 60
    )  # fmt: skip
    scheme, _, host = address.endpoint.partition("://")
    client = HTTPConnection if scheme == "http" else HTTPSConnection
    connection = client(host, timeout=_SECONDS)
    try:
        connection.request(method, signed.removeprefix(address.endpoint))
        answer = connection.getresponse()
        body = answer.read(_MOST_ANSWER_BYTES)
    except (OSError, HTTPException) as error:
        raise Problem(ProblemKind.STORAGE_UNAVAILABLE) from error
    finally:
        connection.close()
    if answer.status >= 500:
        raise Problem(ProblemKind.STORAGE_UNAVAILABLE)
    return body if answer.status < 300 else b""
