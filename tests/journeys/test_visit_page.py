"""The visit ticket in pages: with a form, in packed pages, and which pages carry none."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from cast import Server, share, upload
from journeys.seen import BROWSER, opens
from journeys.visiting import SHARED, begin, left, look, ticket_in
from media.make_audio import make


@pytest.fixture(scope="module")
def song(
    server: Server, owner: httpx.Client, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    made = upload(owner, make("wav16", tmp_path_factory.mktemp("audio") / "a.wav"))
    # Until then its page says less.
    server.wait_until_derived()
    return made


def test_a_visit_without_script_spends_one_too(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    ticket = look(listener, link)
    before = left(listener, link)
    pressed = listener.post(SHARED + link["token"], data={"visit": ticket})
    assert pressed.status_code == 303
    page = listener.get(pressed.headers["location"], headers=BROWSER)
    assert page.status_code == 200
    assert "<audio controls" in page.text
    assert before - left(listener, link) == 1
    # The button again, by another form or by none, and a reload of the page.
    for form in ({"visit": ticket}, {"visit": "?"}, {"other": "1"}, None):
        pressed = listener.post(SHARED + link["token"], data=form)
        assert (pressed.status_code, "?" in pressed.headers["location"]) == (
            303,
            form == {"visit": ticket},
        )
    assert listener.get(page.url, headers=BROWSER).status_code == 200
    assert before - left(listener, link) == 1 + 5 + 1
    assert opens(owner, link) == 5


def test_what_a_form_sends_is_read_only_if_it_is_a_small_one(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any]
) -> None:
    link = share(owner, song["id"])
    ticket = look(listener, link)
    before = left(listener, link)
    big = {"visit": ticket, "more": "x" * 5000}
    assert listener.post(SHARED + link["token"], data=big).status_code == 303
    assert listener.post(SHARED + link["token"], json={"visit": ticket}).status_code == 303
    assert before - left(listener, link) == 3


def test_a_page_that_leads_nowhere_carries_no_ticket(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], tmp_path: Path
) -> None:
    gone = upload(owner, make("wav16", tmp_path / "b.wav"))
    removed, closed = share(owner, gone["id"]), share(owner, song["id"])
    ticket = look(listener, closed)
    owner.delete(f"/tracks/{gone['id']}").raise_for_status()
    owner.delete(f"/share/{closed['id']}").raise_for_status()
    for link in (removed, closed, {"token": "shr_" + "0" * 32}):
        assert not ticket_in(listener.get(SHARED + link["token"], headers=BROWSER))
    refused = begin(listener, closed, ticket)
    assert refused.status_code == 404
    assert "x-ratelimit-remaining" not in refused.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("below", [SHARED, "/embed/"])
def test_the_packed_page_is_the_plain_one(
    owner: httpx.Client, listener: httpx.Client, song: dict[str, Any], below: str, method: str
) -> None:
    """One member of gzip, as browsers read no other, with a ticket of its own in each answer."""
    link = share(owner, song["id"])
    tickets, plain = set(), ""
    for accepted in ("gzip", "identity", "gzip"):
        headers = BROWSER | {"Accept-Encoding": accepted}
        with listener.stream(method, below + link["token"], headers=headers) as answer:
            sent = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding") == ("gzip" if accepted == "gzip" else None)
        if method == "HEAD":
            with listener.stream("GET", below + link["token"], headers=headers) as whole:
                length = len(b"".join(whole.iter_raw()))
            assert (sent, answer.headers["content-length"]) == (b"", str(length))
            continue
        if accepted == "gzip":
            reader = zlib.decompressobj(16 + zlib.MAX_WBITS)
            sent = reader.decompress(sent)
            assert reader.eof
            assert not reader.unused_data
        text, number = re.subn(r'value="(vt1\.[0-9a-f.]+)">\n</body>\n</html>$', "", sent.decode())
        assert number == 1
        tickets.add(sent[-100:])
        assert plain in ("", text)
        plain = text
    assert len(tickets) == (3 if method == "GET" else 0)
