"""Our own few lines of Signature Version 4: AWS's published examples, obstore, and real servers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import obstore
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listenlink.media.attachment import content_disposition
from listenlink.media.bucket.address import BucketAddress, connect
from listenlink.media.bucket.sigv4 import AwsCredentials, presign_get, sign_query
from object_storage import ACCESS_KEY_ID, BUCKET, SECRET_ACCESS_KEY, ObjectStorage

EMPTY = hashlib.sha256(b"").hexdigest()
SUITE = AwsCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = int(datetime(2015, 8, 30, 12, 36, tzinfo=UTC).timestamp())
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

# From AWS's own test suite ("aws-signing-test-suite", v4, query-signed-request): what signs the query and
# no header but the host. Those about further headers, bodies and the tidying of paths, which S3 doesn't do,
# test what isn't here.
VECTORS = {
    "get-vanilla-query": (
        "GET", "/", {}, "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"),
    "get-vanilla-query-order-key-case": (
        "GET", "/", {"Param2": "value2", "Param1": "value1"},
        "86012e2c9ad4d77369f5d81c11f75158aae4f895a085212cc6d3f923d300bed5"),
    "get-vanilla-empty-query-key": (
        "GET", "/", {"Param1": "value1"},
        "49096700cbbaa5753443850f40df10f904fc2fdb544dc9512203cc77c471a9de"),
    "get-vanilla-query-unreserved": (
        "GET", "/", {UNRESERVED: UNRESERVED},
        "8e76a88a7433637b12778d5592799b29ad21ecd6cf6325051c21d86f0acda2bf"),
    "get-vanilla-utf8-query": (
        "GET", "/", {"ሴ": "bar"},
        "0bdd809b1519ac4f0c1dc3540e2cc46bd0c7f778eda408b2ebf3b913d21ff600"),
    "get-vanilla-query-order-encoded": (
        "GET", "/", {"Param-3": "Value3", "Param": "Value2", "ሴ": "Value1"},
        "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"),
    "get-unreserved": (
        "GET", "/" + UNRESERVED, {},
        "95968482db1b9e0fadef6efc1bd24689f77c77d9ef56919c96a28cc92e0d6005"),
    "get-slashes-unnormalized": (
        "GET", "//example//", {},
        "822a5a9ba28072c5ab2bb4a6307d0c88276d40e49fec6b724c03fb4d4ba60fc2"),
    "get-relative-unnormalized": (
        "GET", "/example/..", {},
        "cbcb213b928a077e43275df47b500f1dfaa864ab3f5a18f6b95f4ff0938167ee"),
    "get-slash-pointless-dot-unnormalized": (
        "GET", "/./example", {},
        "72b11f16d9530b18204bfb71f2d6ab085894c0ed8d352730a6e76234c58b5e10"),
    "post-vanilla": (
        "POST", "/", {}, "2ce6e6d2e0cf2f9d1b55fafec88cd20574c31dc2e7631979f71ba2310083e95b"),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_the_published_vectors(name: str) -> None:
    method, path, query, signature = VECTORS[name]
    url = f"https://example.amazonaws.com{path}"
    signed = sign_query(
        method, url, query, SUITE, "us-east-1", AT, 3600, service="service", payload_digest=EMPTY
    )
    assert signed.startswith(url + "?")
    assert signed.endswith("&X-Amz-Signature=" + signature)


def test_the_example_of_the_s3_api_reference() -> None:
    credentials = AwsCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    at = int(datetime(2013, 5, 24, tzinfo=UTC).timestamp())
    url = "https://examplebucket.s3.amazonaws.com/test.txt"
    assert presign_get(url, {}, credentials, "us-east-1", at, 86_400) == (
        url + "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )


_WORD = st.text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789", min_size=3, max_size=40)


@given(
    secret=st.text("ABCDEFabcdef0123456789+/=", min_size=16, max_size=40),
    token=st.none() | _WORD,
    bucket=st.text("abcdefghij0123456789", min_size=3, max_size=20),
    prefix=st.just("") | _WORD,
    key=_WORD,
    seconds=st.integers(1, 3600),
)
@settings(max_examples=50, deadline=None)
def test_it_is_what_obstore_writes(
    secret: str, token: str | None, bucket: str, prefix: str, key: str, seconds: int
) -> None:
    credentials = AwsCredentials("AKID", secret, token)
    endpoint = "https://s3.eu-west-1.amazonaws.com"
    address = BucketAddress("s3", bucket, prefix, endpoint, "eu-west-1", credentials)
    theirs = obstore.sign(connect(address, 1, 0), "GET", key, timedelta(seconds=seconds))
    moment = parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0]
    at = int(datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp())
    url = f"{endpoint}/{bucket}/{address.full_key(key)}"
    ours = presign_get(url, {}, credentials, "eu-west-1", at, seconds)
    assert parse_qs(urlsplit(ours).query) == parse_qs(urlsplit(theirs).query)
    assert urlsplit(ours)[:3] == urlsplit(theirs)[:3]


@pytest.mark.parametrize("which", ["object_storage", "second_storage"])
def test_real_servers_take_it_and_refuse_what_is_changed(
    request: pytest.FixtureRequest, which: str
) -> None:
    storage: ObjectStorage = request.getfixturevalue(which)
    url = f"http://127.0.0.1:{storage.port}/{BUCKET}/ready"
    named = {"response-content-disposition": content_disposition('Späte "Lieder" & 50 %+.wav')}
    now = int(datetime.now(UTC).timestamp())
    credentials = AwsCredentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)

    def signed(
        query: dict[str, str], key: AwsCredentials = credentials, at: int = now, seconds: int = 60
    ) -> str:
        return presign_get(url, query, key, "us-east-1", at, seconds)

    taken = httpx.get(signed(named))
    assert (taken.status_code, taken.content) == (200, b"ready")
    assert taken.headers["content-disposition"] == named["response-content-disposition"]
    refused = [
        signed(named).replace("attachment", "inline"),
        signed(named, AwsCredentials(ACCESS_KEY_ID, "another secret")),
        signed(named, AwsCredentials("AKIDSOMEBODYELSE", SECRET_ACCESS_KEY)),
        signed(named, at=now - 120),
        signed(named)[:-2],
        signed(named).replace("/ready", "/other"),
    ]
    for wrong in refused:
        assert httpx.get(wrong).status_code in (400, 403), wrong
    assert httpx.delete(signed({})).status_code == 403
    assert httpx.put(signed({}), content=b"mine").status_code == 403


def test_a_secret_is_not_shown() -> None:
    assert "EXAMPLEKEY" not in repr(SUITE)
