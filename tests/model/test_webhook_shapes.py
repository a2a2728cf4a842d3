"""Whatever a title says, it arrives as text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listenlink.model.webhook_shapes import Sentence, Shape, refuse_address, write_posting

EVENT = b'{"type":"link.opened"}'
HOSTILE = (
    "@everyone <@1234> <!channel> <https://evil.example|your bank> [bank](https://evil.example) "
    "**bold** `code` ||hidden|| # big & ‮desrever \\ @here :tada: https://evil.example"
)


def posted(shape: Shape, text: str = HOSTILE, url: str = "https://in.example/topic") -> Any:
    return json.loads(write_posting(shape, url, EVENT, Sentence(text, text)).body)


def test_the_event_itself_is_the_standard() -> None:
    posting = write_posting(Shape.STANDARD, "https://in.example/x", EVENT, Sentence("t", "t"))
    assert posting == ("https://in.example/x", EVENT, "application/json")


def test_discord_mentions_nobody_and_shows_the_text() -> None:
    body = posted(Shape.DISCORD)
    assert body["allowed_mentions"] == {"parse": []}
    assert body["flags"] == 4
    assert re.sub(r"\\([\\*_~`|>\[\]()#<@:.+-])", r"\1", body["content"]) == HOSTILE
    for mark in ("<@1234>", "](https", "**bold**", " @here", "https://", "||hidden||"):
        assert mark not in body["content"]


def test_slack_reads_no_marks() -> None:
    body = posted(Shape.SLACK)
    assert not set("<>") & set(body["text"])
    assert "&lt;!channel&gt;" in body["text"]
    assert " &amp; " in body["text"]
    assert (body["mrkdwn"], body["unfurl_links"], body["unfurl_media"]) == (False, False, False)


def test_gotify_shows_plain_text() -> None:
    body = posted(Shape.GOTIFY)
    assert (body["title"], body["message"]) == (HOSTILE, HOSTILE)
    assert body["extras"] == {"client::display": {"contentType": "text/plain"}}


def test_ntfy_is_told_the_topic_in_json() -> None:
    posting = write_posting(
        Shape.NTFY, "https://ntfy.example:8443/my_topic", EVENT, Sentence("a\r\nTags: x", "b")
    )
    assert posting.url == "https://ntfy.example:8443/"
    body = json.loads(posting.body)
    assert (body["topic"], body["title"], body["message"]) == ("my_topic", "a\r\nTags: x", "b")


@pytest.mark.parametrize("path", ["", "/", "/a/b", "/töpic", "/a b", "/" + "x" * 65])
def test_ntfy_needs_a_topic(path: str) -> None:
    url = f"https://ntfy.example{path}"
    assert refuse_address(Shape.NTFY, url) is not None
    assert refuse_address(Shape.SLACK, url) is None
    with pytest.raises(ValueError, match="topic"):
        write_posting(Shape.NTFY, url, EVENT, Sentence("t", "t"))


@given(st.text(max_size=200).map(lambda text: text * 40))
def test_however_long_it_is_it_fits(text: str) -> None:
    assert len(posted(Shape.DISCORD, text)["content"]) <= 2000
    assert len(posted(Shape.SLACK, text)["text"]) <= 4000
    assert len(posted(Shape.GOTIFY, text)["message"]) <= 4000
    ntfy = posted(Shape.NTFY, text)
    assert len(ntfy["message"].encode()) <= 4000
    assert text.startswith(ntfy["message"])
