"""Addresses of links as people paste them: with the punctuation, brackets and spaces that stood beside them.

What is found is spelled anew from the token alone, so a redirect to it leads to this server's own paths; and
it's found by its form, so it doesn't tell whether there is such a link.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from listenlink.web.paths import SHARED_PATH

EMBED_PATH = "/embed/"
_MOST_BYTES = 2048
_PASTED = re.compile(
    rb"/+(?:v1/+music/+shared|(embed))/+((?:%[0-9a-f]{2}|[^a-z0-9/%])*)(shr_[0-9a-f]{32})(.*)",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z0-9]")
# A path goes on by it, but not in "</a>".
_STEP = re.compile(r"(?<![<:/])/+[A-Za-z0-9]")
# Before a word these begin something else: a path below the link's, or another name.
_JOINING = frozenset("/_-")


def find_pasted(path: bytes) -> str | None:
    """The path that a request's undecoded path is meant for; None if it's that path already, or isn't meant
    for one. A token's own letters are read in either case, but never decoded."""
    if len(path) > _MOST_BYTES:
        return None
    match = _PASTED.fullmatch(path)
    if match is None:
        return None
    embed, before, token, after = match.groups()
    if _WORD.search(_decoded(before)) or not _is_beside(_decoded(after)):
        return None
    place = (EMBED_PATH if embed else SHARED_PATH) + token.decode().lower()
    return place if place.encode() != path else None


def _is_beside(text: str) -> bool:
    """Whether the text can't be part of a path that begins with the token: punctuation, a space, another
    script's letters, and whatever follows those."""
    if not text:
        return True
    first = text[0]
    if first == "\0" or _WORD.match(first):
        return False
    if first in _JOINING:
        return _WORD.search(text) is None
    # In Markdown, a whole address may follow.
    return _STEP.search(text) is None or "://" in text


def _decoded(part: bytes) -> str:
    return unquote(part.decode("latin-1"), errors="replace")
