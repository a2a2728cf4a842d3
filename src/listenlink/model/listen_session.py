"""The Listen-Session: one open that may mint fresh playback URLs without counting again (docs/api.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from listenlink.model.signing import Signer

PURPOSE = "listenlink-session-v1"
_GRAMMAR = re.compile(
    r"ls1\.([0-9a-f]{8})\.([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{16})\.([0-9a-f]{10})\.([0-9a-f]{32})"
)


@dataclass(frozen=True, slots=True)
class ListenSession:
    """Bound to one link, one rotation of it and one open. `open_trace` is the audit's number of that
    open; `ends_at` is in Unix seconds."""

    share_id: int
    rotation: int
    open_trace: int
    ends_at: int


def write_session(session: ListenSession, signer: Signer) -> str:
    """The header's value."""
    fields = (
        f"{session.share_id:012x}",
        f"{session.rotation:08x}",
        f"{session.open_trace:016x}",
        f"{session.ends_at:010x}",
    )
    return ".".join(("ls1", signer.key_id, *fields, signer.sign(*fields)))


def read_session(text: str, signer: Signer, now_seconds: int) -> ListenSession | None:
    """The session behind a header's value, or None if it's misspelled, forged or over."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    key_id, *fields, tag = match.groups()
    if not signer.verify(key_id, tag, *fields):
        return None
    session = ListenSession(*(int(field, 16) for field in fields))
    return session if now_seconds < session.ends_at else None
