"""The Listen-Session: one open that may mint fresh playback URLs without counting again (docs/api.md)."""

from __future__ import annotations

import re

import msgspec

from listenlink.model.moment import is_over
from listenlink.model.signing import Signer

PURPOSE = "listenlink-session-v1"
LONGEST_SECONDS = 21_600
# Nodes' clocks may differ, but by no more than that.
APART_SECONDS = 3600
_GRAMMAR = re.compile(
    r"ls1\.([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{16})\.([0-9a-f]{10}))\.([0-9a-f]{32})"
)


class ListenSession(msgspec.Struct, frozen=True, gc=False):
    """Bound to one link, one rotation of it and one open. `open_trace` is that open's number in the
    audit; `ends_at` is in Unix seconds."""

    share_id: int
    rotation: int
    open_trace: int
    ends_at: int


def write_session(session: ListenSession, signer: Signer) -> str:
    """The value of the `Listen-Session` header, signed."""
    text = (
        f"{session.share_id:012x}.{session.rotation:08x}.{session.open_trace:016x}"
        f".{session.ends_at:010x}"
    )
    return f"ls1.{signer.key_id}.{text}.{signer.sign(text)}"


def read_session(text: str, signer: Signer, now_seconds: int) -> ListenSession | None:
    """The session behind a header's value, or None if it's malformed, forged or over."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    key_id, signed, *fields, tag = match.groups()
    if not signer.verify(key_id, tag, signed):
        return None
    session = ListenSession(*(int(field, 16) for field in fields))
    return None if is_over(session.ends_at, now_seconds) else session


def is_of_another_time(ends_at: int, now_seconds: int) -> bool:
    """Whether a session, or a URL of it, ends later than any that begins now could: it's of a clock that was
    ahead, and would be good for as long as that was."""
    return ends_at - now_seconds > LONGEST_SECONDS + APART_SECONDS
