"""The desk's pages as they're read without a browser: what they say and list, what a form would send."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import httpx

_FIELD = re.compile(r'<input[^>]* name="(\w+)"[^>]*>')
_SENT = re.compile(r' value="([^"]*)"')


def page(desk: httpx.Client, path: str, status: int = 200, **query: str) -> str:
    answer = desk.get(path, params=query or None)
    assert answer.status_code == status, answer.text
    return answer.text


def labels(text: str) -> list[str]:
    """Of the links that a list names, in order."""
    found = re.findall(r'<b><a href="/desk/links/\w+">(.*?)</a></b>', text)
    return [unescape(re.sub("<[^>]*>", "", label)) for label in found]


def words(text: str) -> str:
    """What there is to read."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", text.partition("<main")[2])).split())


def sent(text: str) -> dict[str, str]:
    """The fields that a page's form would send, untouched."""
    form = re.search(r'<form method="post" action="/desk/links.*?</form>', text, re.S)
    assert form is not None
    fields = {}
    for field in _FIELD.finditer(form[0]):
        if " checked" in field[0] or not re.search('type="(radio|checkbox)"', field[0]):
            value = _SENT.search(field[0])
            fields[field[1]] = unescape(value[1]) if value else ""
    return fields


def numbered(link: dict[str, Any]) -> int:
    return int(link["id"].removeprefix("mslink_"), 16)
