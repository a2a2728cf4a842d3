"""Archive URLs: short-lived, for all files of a collection, checked again at every request.

Every field has a fixed width and none is optional, as in `media/signed_url.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from listenlink.model.listen_session import ListenSession
from listenlink.model.moment import is_over
from listenlink.model.signing import Signer, SigningKey

SHARED_PURPOSE = "listenlink-archive-v1"
OWN_PURPOSE = "listenlink-own-archive-v1"
PATH = "/v1/music/archive/"

_SHARED = re.compile(
    r"([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{16})\.([0-9a-f]{10})"
    r"\.([0-9a-f]{10}))\.([0-9a-f]{32})"
)
_OWN = re.compile(
    r"own\.([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{12})\.([0-9a-f]{10}))\.([0-9a-f]{32})"
)


class SharedArchive(msgspec.Struct, frozen=True, gc=False):
    """Permission to take along what a link leads to. A request may begin until `expires_at`, and one that has
    begun may run until `ends_at`, when its Listen-Session ends; both in Unix seconds."""

    share_id: int
    rotation: int
    open_trace: int
    expires_at: int
    ends_at: int


class OwnArchive(msgspec.Struct, frozen=True, gc=False):
    """Permission for a user to take along a collection of theirs until `expires_at`, in Unix seconds."""

    user_id: int
    collection_id: int
    expires_at: int


class ArchiveUrls:
    """Writes and reads archive URLs below `base_url`."""

    def __init__(self, base_url: str, shared: Signer, own: Signer) -> None:
        self._prefix = base_url + PATH
        self._shared = shared
        self._own = own

    def write_shared(self, session: ListenSession, expires_at: int) -> str:
        """A listener's URL."""
        text = (
            f"{session.share_id:012x}.{session.rotation:08x}.{session.open_trace:016x}"
            f".{expires_at:010x}.{session.ends_at:010x}"
        )
        return f"{self._prefix}{self._shared.key_id}.{text}.{self._shared.sign(text)}"

    def write_own(self, own: OwnArchive) -> str:
        """An owner's URL."""
        text = f"{own.user_id:012x}.{own.collection_id:012x}.{own.expires_at:010x}"
        return f"{self._prefix}own.{self._own.key_id}.{text}.{self._own.sign(text)}"

    def read(self, text: str, now_seconds: int) -> SharedArchive | OwnArchive | None:
        """What the last part of a URL's path allows now; None if malformed, forged or expired."""
        leave: SharedArchive | OwnArchive | None = None
        if match := _SHARED.fullmatch(text):
            shared = _verified(match, self._shared)
            leave = SharedArchive(*shared) if shared else None
        elif match := _OWN.fullmatch(text):
            own = _verified(match, self._own)
            leave = OwnArchive(*own) if own else None
        return None if leave is None or is_over(leave.expires_at, now_seconds) else leave


def make_archive_urls(base_url: str, ring: Sequence[SigningKey]) -> ArchiveUrls:
    """The archive URLs of an instance with these keys."""
    return ArchiveUrls(base_url, Signer(ring, SHARED_PURPOSE), Signer(ring, OWN_PURPOSE))


def _verified(match: re.Match[str], signer: Signer) -> tuple[int, ...] | None:
    key_id, text, *fields, tag = match.groups()
    if not signer.verify(key_id, tag, text):
        return None
    return tuple(int(field, 16) for field in fields)
