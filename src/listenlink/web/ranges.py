"""Conditional and range requests by RFC 9110, sections 13 and 14, for content that never changes.

There is a strong ETag and no Last-Modified: date conditions then don't apply (sections 13.1.3 and
13.1.4) and a date in If-Range never matches. A single range is served; several get the whole
content, which section 14.2 allows and which gives a flood of ranges nothing to work with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_RANGE = re.compile(rb"bytes=(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))", re.IGNORECASE)
_ENTITY_TAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*+")')


@dataclass(frozen=True, slots=True)
class Part:
    """What to send of the content: `length` bytes from `start`, none for 304, 412 and 416."""

    status: int
    start: int = 0
    length: int = 0


def choose_part(method: str, headers: dict[bytes, bytes], size: int, etag: bytes) -> Part:
    """Evaluate the conditions in the order of section 13.2.2, then the range.

    `etag` is quoted and strong; `size` is in bytes and above 0.
    """
    if_match = headers.get(b"if-match")
    if if_match is not None and not _names(if_match, etag, strong=True):
        return Part(412)
    if_none_match = headers.get(b"if-none-match")
    if if_none_match is not None and _names(if_none_match, etag, strong=False):
        return Part(304)
    wanted = headers.get(b"range")
    # Section 14.2: a Range is for GET alone; section 13.1.5: If-Range compares strongly.
    if wanted is None or method != "GET" or headers.get(b"if-range", etag).strip() != etag:
        return Part(200, 0, size)
    return _range_part(wanted, size)


def is_known(headers: dict[bytes, bytes], etag: bytes) -> bool:
    """Whether a GET or HEAD gets a 304, because `If-None-Match` names the content (section 13.1.2). `etag`
    is quoted; a weak one counts just as much."""
    listed = headers.get(b"if-none-match")
    return listed is not None and _names(listed, etag.removeprefix(b"W/"), strong=False)


def _names(listed: bytes, etag: bytes, *, strong: bool) -> bool:
    if listed.strip() == b"*":
        return True
    return any(tag == etag and not (strong and weak) for weak, tag in _ENTITY_TAG.findall(listed))


def _range_part(wanted: bytes, size: int) -> Part:
    match = _RANGE.fullmatch(wanted.strip())
    if match is None:
        return Part(200, 0, size)
    first, last, suffix = match.groups()
    if suffix is not None:
        length = min(int(suffix), size)
        return Part(206, size - length, length) if length else Part(416)
    start = int(first)
    end = int(last) if last else size - 1
    if last and end < start:
        return Part(200, 0, size)
    if start >= size:
        return Part(416)
    return Part(206, start, min(end, size - 1) - start + 1)
