"""Whatever a client writes into a path, a query, a header or a body is a refusal in the envelope or an
answer, never a fault of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings

from cast import Server, upload
from listenlink.settings import PREFIX
from media.make_audio import make
from trust.figures import FULL, examples
from web.in_process import Answer, House
from web.strange import FORM, ROUTES, bodies, content_types, lengths, requests

pytestmark = pytest.mark.timeout(500 if FULL else 180)
MANY = settings(max_examples=examples(600), deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def house(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    files = tmp_path_factory.mktemp("audio")
    track = upload(owner, make("wav16", files / "a.wav", sample_count=5000))["id"]
    server.wait_until_derived()
    with pytest.MonkeyPatch.context() as patch:
        limits = {"RESOLVE_LIMIT_PER_MINUTE": "0"}
        for name, value in (server.settings | limits).items():
            patch.setenv(PREFIX + name, value)
        for name, value in server.environment.items():
            patch.setenv(name, value)
        made = House(server, track)
        yield made
        made.close()


def expect_no_fault(answer: Answer, method: str = "GET") -> None:
    """An answer below 500; a refusal stands in the envelope."""
    assert answer.status < 500, answer
    if answer.status >= 400 and method != "HEAD":
        if answer.headers[b"content-type"].startswith(b"text/html"):
            return
        error = json.loads(answer.body)["error"]
        assert error["status"] == answer.status
        assert error["trace_id"].encode() == answer.headers[b"x-request-id"]


@MANY
@given(content_types, bodies, lengths)
@example(b"multipart/form-data; boundary=" + b"x" * 5000, b"", None)
@example(b'multipart/form-data; boundary="a\nb"', b"", None)
@example(b'multipart/form-data; boundary="\\""', b"--\x00", None)
@example(FORM, b"", b"9" * 5000)
def test_an_upload_of_any_form_is_no_fault(
    house: House, content_type: bytes | None, body: bytes, length: bytes | None
) -> None:
    headers = {} if content_type is None else {b"content-type": content_type}
    headers |= {} if length is None else {b"content-length": length}
    path = f"/v1/music/{house.server.organization_id}/tracks".encode()
    answer = house.ask("POST", path, b"", headers, body)
    expect_no_fault(answer)
    # None of it is audio.
    assert answer.status in (400, 413, 415, 422)


def test_a_long_boundary_is_a_broken_form(owner: httpx.Client) -> None:
    for length in (70, 1024):
        answer = owner.post("/tracks", content=b"--", headers=_form(length))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")
    for length in (1025, 5000):
        answer = owner.post("/tracks", content=b"--", headers=_form(length))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST")


def _form(length: int) -> dict[str, str]:
    return {"Content-Type": "multipart/form-data; boundary=" + "x" * length}


@MANY
@given(requests())
@example(("GET", "/oembed", b"a=\xff", {}, b"", {}))
@example(("GET", "/oembed", b"", {}, b"", {}))
@example(("GET", "/v1/music/{org:str}/tracks", b"limit=\xff", {}, b"", {}))
@example(
    (
        "POST",
        "/v1/music/{org:str}/collections",
        b"",
        {b"content-type": b"application/json"},
        b"[" * 100_000,
        {},
    )
)
def test_a_request_of_any_text_is_no_fault(house: House, asked: Any) -> None:
    method, path, query, headers, body, strange = asked

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        text: str = strange[name].decode("latin-1") if name in strange else house.named[name]
        return text

    raw = re.sub(r"\{(\w+):str\}", fill, path).encode("latin-1")
    answer = house.ask(method, raw, query, headers, body)
    expect_no_fault(answer, method)


def test_most_of_these_requests_get_through(house: House) -> None:
    """Without anything strange, every route of these answers otherwise than it refuses nonsense."""
    statuses = set()
    for method, path in ROUTES:
        raw = re.sub(r"\{(\w+):str\}", lambda match: house.named[match.group(1)], path).encode()
        if method == "GET":
            statuses.add(house.ask(method, raw, b"", {}, b"").status)
    assert 200 in statuses
    assert statuses <= {200, 204, 400, 403, 404, 412, 422}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        (b"/v1/music/shared/" + b"x" * 480 + b"/details", b"", 404),
        (b"/v1/music/shared/" + b"x" * 600 + b"/details", b"", 414),
        (b"/v1/music/shared/" + b"x" * 60_000, b"", 404),
        (b"/oembed", b"a=" + b"x" * 1000, 422),
        (b"/oembed", b"a=" + b"x" * 1100, 414),
        (b"/oembed", b"&".join([b"a=b"] * 32), 422),
        (b"/oembed", b"&".join([b"a=b"] * 33), 414),
        (b"/oembed", b"a=\xc3\xa9", 400),
        (b"/v1/caller", b"a=%c3%a9%ff%00", 200),
    ],
)
def test_an_address_that_is_too_long_is_told_so(
    house: House, path: bytes, query: bytes, status: int
) -> None:
    for method in ("GET", "HEAD"):
        answer = house.ask(method, path, query, {}, b"")
        assert answer.status == status
        expect_no_fault(answer, method)
        assert answer.headers[b"server"] == b"listenlink"
        assert (answer.body == b"") == (method == "HEAD")
