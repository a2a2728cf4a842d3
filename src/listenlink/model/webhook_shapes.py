"""What is sent to a webhook: the event itself, or what a program for messages takes, which wants a sentence.

Titles and labels are whatever somebody typed or a file brought, so each shape takes away what the program
would read as more than text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import msgspec

_JSON = "application/json"
# As many characters as each program takes, but for ntfy, which counts bytes.
_DISCORD_LENGTH = 2000
_SLACK_LENGTH = 4000
_GOTIFY_LENGTH = 4000
_NTFY_BYTES = 4000
_TITLE_LENGTH = 200
_NORMAL_PRIORITY = 5
# Discord's flag by which it looks up no link in a message.
_SUPPRESS_EMBEDS = 4
_DISCORD_MARKS = re.compile(r"([\\*_~`|>\[\]()#<@:.+-])")
_TOPIC = re.compile(r"/([A-Za-z0-9_-]{1,64})/?")


class Shape(StrEnum):
    """Who is to read it."""

    STANDARD = "standard"
    DISCORD = "discord"
    SLACK = "slack"
    NTFY = "ntfy"
    GOTIFY = "gotify"


class Sentence(NamedTuple):
    """An event in words: one line each."""

    title: str
    text: str


class Posting(NamedTuple):
    """What is posted where."""

    url: str
    body: bytes
    content_type: str = _JSON


def refuse_address(shape: Shape, url: str) -> str | None:
    """Why nothing of this shape can be sent there, or None. Whether the address may be connected to at all is
    said elsewhere."""
    if shape is Shape.NTFY and _TOPIC.fullmatch(urlsplit(url).path) is None:
        return "An address of ntfy ends with its topic, as in https://ntfy.example/mytopic."
    return None


def write_posting(shape: Shape, url: str, event: bytes, sentence: Sentence) -> Posting:
    """What is posted for an event, which `event` is in JSON. Raises ValueError for an address that
    `refuse_address` refuses."""
    if shape is Shape.STANDARD:
        return Posting(url, event)
    if shape is Shape.NTFY:
        return _for_ntfy(url, sentence)
    return Posting(url, msgspec.json.encode(_WRITERS[shape](sentence)))


def _for_discord(sentence: Sentence) -> dict[str, Any]:
    """Mentions nobody (`allowed_mentions`), looks up nothing, and shows marks as they are."""
    text = _DISCORD_MARKS.sub(r"\\\1", _cut(sentence.text, _DISCORD_LENGTH // 2))
    return {"content": text, "allowed_mentions": {"parse": []}, "flags": _SUPPRESS_EMBEDS}


def _for_slack(sentence: Sentence) -> dict[str, Any]:
    """`&`, `<` and `>` are all that Slack reads as marks of its own once `mrkdwn` is off."""
    text = _cut(sentence.text, _SLACK_LENGTH // 5)
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(mark, written)
    return {"text": text, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}


def _for_gotify(sentence: Sentence) -> dict[str, Any]:
    return {
        "title": _cut(sentence.title, _TITLE_LENGTH),
        "message": _cut(sentence.text, _GOTIFY_LENGTH),
        "priority": _NORMAL_PRIORITY,
        "extras": {"client::display": {"contentType": "text/plain"}},
    }


_WRITERS = {
    Shape.DISCORD: _for_discord,
    Shape.SLACK: _for_slack,
    Shape.GOTIFY: _for_gotify,
}


def _for_ntfy(url: str, sentence: Sentence) -> Posting:
    """By JSON and not by headers, in which a title could become another header: that is posted to the server
    itself, and names the topic."""
    parts = urlsplit(url)
    found = _TOPIC.fullmatch(parts.path)
    if found is None:
        raise ValueError("this address has no topic")
    body = {
        "topic": found[1],
        "title": _cut(sentence.title, _TITLE_LENGTH),
        "message": sentence.text.encode()[:_NTFY_BYTES].decode(errors="ignore"),
        "markdown": False,
    }
    server = urlunsplit((parts.scheme, parts.netloc, "/", parts.query, ""))
    return Posting(server, msgspec.json.encode(body))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
