"""The unlock: what a right password is worth for a while, so that it's sent and hashed once (docs/api.md)."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote_to_bytes

import msgspec

from listenlink.model.listen_session import is_of_another_time
from listenlink.model.moment import is_over
from listenlink.model.signing import Signer

PURPOSE = "listenlink-unlock-v1"
# In UTF-8 a character takes four bytes at most, and each of them three as %XX.
MOST_SENT = 12 * 128
# A byte that goes on with a character, and those that begin one (RFC 3629, section 4).
_MORE = "%[89ABab][0-9A-Fa-f]"
_CHARACTERS = (
    "[!-$&-~]",
    "%[0-7][0-9A-Fa-f]",
    f"%([Cc][2-9A-Fa-f]|[Dd][0-9A-Fa-f]){_MORE}",
    f"%[Ee]0%[ABab][0-9A-Fa-f]{_MORE}",
    f"%[Ee][1-9A-CEFa-cef]{_MORE}{_MORE}",
    f"%[Ee][Dd]%[89][0-9A-Fa-f]{_MORE}",
    f"%[Ff]0%[9ABab][0-9A-Fa-f]{_MORE}{_MORE}",
    f"%[Ff][1-3]{_MORE}{_MORE}{_MORE}",
    f"%[Ff]4%8[0-9A-Fa-f]{_MORE}{_MORE}",
)
# How `Share-Password` is spelled: percent-encoded UTF-8.
SENT_PATTERN = f"({'|'.join(_CHARACTERS)})*"
_SENT = re.compile(SENT_PATTERN.encode())
_GRAMMAR = re.compile(
    r"su1\.([0-9a-f]{8})\.(([0-9a-f]{12})\.([0-9a-f]{8})\.([0-9a-f]{10}))\.([0-9a-f]{32})"
)


class Unlock(msgspec.Struct, frozen=True, gc=False):
    """Bound to one link and one rotation of it, which another password raises. `ends_at` is in Unix
    seconds."""

    share_id: int
    rotation: int
    ends_at: int


def write_unlock(unlock: Unlock, signer: Signer) -> str:
    """The value of the `Share-Unlock` header, signed."""
    text = f"{unlock.share_id:012x}.{unlock.rotation:08x}.{unlock.ends_at:010x}"
    return f"su1.{signer.key_id}.{text}.{signer.sign(text)}"


def read_unlock(text: str, signer: Signer, now_seconds: int) -> Unlock | None:
    """The unlock behind a text; None if it's malformed, forged, over or of a clock that was ahead."""
    match = _GRAMMAR.fullmatch(text)
    if match is None:
        return None
    key_id, signed, *fields, tag = match.groups()
    if not signer.verify(key_id, tag, signed):
        return None
    unlock = Unlock(*(int(field, 16) for field in fields))
    if is_over(unlock.ends_at, now_seconds) or is_of_another_time(unlock.ends_at, now_seconds):
        return None
    return unlock


def read_sent(sent: bytes) -> str | None:
    """The password that a `Share-Password` header has, percent-encoded UTF-8; None if it isn't that, or
    longer than any password."""
    if len(sent) > MOST_SENT or _SENT.fullmatch(sent) is None:
        return None
    return unquote_to_bytes(sent).decode()


def as_hashed(password: str) -> str:
    """The same text however its accents were typed, so that no keyboard is shut out."""
    return unicodedata.normalize("NFC", password)
