"""The API's documents: made once, in a thread, and not sent to who has them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from cast import Server
from engines import of_folder
from journeys.faces import Beside
from listenlink.web import reference
from listenlink.web.openapi import write_document

pytestmark = of_folder

PATHS = ("/docs", "/schema/openapi.json")
PLAIN, PACKED = {"Accept-Encoding": "identity"}, {"Accept-Encoding": "br, gzip;q=0.8"}


@pytest.fixture
def beside(server: Server) -> Iterator[Beside]:
    opened = Beside(server, has_own_routes=True)
    yield opened
    opened.close()


def test_they_say_what_is_made_from_the_routes(beside: Beside) -> None:
    schema = write_document(beside.front.routes.begin().result())
    assert beside.get(PATHS[1]).content == msgspec.json.encode(schema)
    page = beside.get(PATHS[0])
    assert page.text == reference._write_page(schema)
    for path in schema["paths"]:
        assert f"<code>{path}</code>" in page.text


@pytest.mark.parametrize("first", PATHS)
def test_both_are_made_once_whoever_asks_for_which(
    beside: Beside, first: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def make(app: Any) -> Any:
        made.append(app)
        return write_document(app)

    monkeypatch.setattr(reference, "write_document", make)
    answers = beside.get_at_once(8, first)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    for path in PATHS:
        for headers in (PLAIN, PACKED):
            assert beside.get(path, headers=headers).status_code == 200
    assert len(made) == 1


def test_nobody_waits_while_they_are_made(beside: Beside, monkeypatch: pytest.MonkeyPatch) -> None:
    went_on: list[bool] = []

    def make(app: Any) -> Any:
        went_on.append(beside.let_others_go_on())
        return write_document(app)

    monkeypatch.setattr(reference, "write_document", make)
    assert beside.get("/docs").status_code == 200
    assert went_on == [True]


def test_what_could_not_be_made_is_made_for_the_next(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    def make(app: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise MemoryError
        return write_document(app)

    monkeypatch.setattr(reference, "write_document", make)
    assert [beside.get("/docs").status_code for _ in range(3)] == [500, 200, 200]
    assert len(tries) == 2


@pytest.mark.parametrize("path", PATHS)
def test_each_form_has_a_tag_of_its_own(listener: httpx.Client, path: str) -> None:
    plain, packed = listener.get(path, headers=PLAIN), listener.get(path, headers=PACKED)
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) == len(gzip.compress(plain.content, 9, mtime=0))
    assert plain.headers["etag"] != packed.headers["etag"]
    for answer in (plain, packed):
        assert answer.headers["etag"].startswith('"')
        assert answer.headers["vary"] == "Accept-Encoding"
        assert answer.headers["cache-control"] == "no-cache"
    for unfit in ("gzip;q=0", "br", ""):
        refused = listener.get(path, headers={"Accept-Encoding": unfit})
        assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", [PLAIN, PACKED], ids=["plain", "packed"])
def test_whoever_has_it_is_told_so(listener: httpx.Client, path: str, form: dict[str, str]) -> None:
    """RFC 9110, section 13.1.2: a list, the weak comparison, and `*`."""
    whole = listener.get(path, headers=form)
    tag = whole.headers["etag"]
    other = listener.get(path, headers=PACKED if form is PLAIN else PLAIN).headers["etag"]
    for known in (tag, f"W/{tag}", f'"a", {tag}, "b"', f'W/"a",W/{tag}', "*"):
        for method in ("GET", "HEAD"):
            answer = listener.request(method, path, headers=form | {"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b""), known
            for name in ("etag", "vary", "cache-control", "content-security-policy"):
                assert answer.headers[name] == whole.headers[name]
    for unknown in ('"a"', other, tag.strip('"'), f"{tag[:-2]}", "", "W/*"):
        answer = listener.get(path, headers=form | {"If-None-Match": unknown})
        assert (answer.status_code, answer.content) == (200, whole.content), unknown


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", [PLAIN, PACKED], ids=["plain", "packed"])
def test_head_says_what_get_would(listener: httpx.Client, path: str, form: dict[str, str]) -> None:
    got, headed = (listener.request(method, path, headers=form) for method in ("GET", "HEAD"))
    assert headed.content == b""
    changing = {"x-request-id", "date"}
    for name, value in got.headers.items():
        assert name in changing or headed.headers[name] == value
