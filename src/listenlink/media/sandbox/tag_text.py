"""Text that a stranger wrote into a file: read in whatever encoding it is, and cleaned to be one line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence

from listenlink.model.one_line import one_line

MAX_TEXT_CHARACTERS = 512
SEPARATOR = " / "
# A text as it was found: bytes where the file doesn't say in which encoding, or says Latin-1, which is what
# programs say that don't care.
Found = str | bytes
# The code page of some bytes, or None.
Guess = Callable[[bytes], str | None]
_LEAST_HIGH_BYTES = 5
# Python imports an encoding when it's first asked for, by which time no file can be opened any more.
for _encoding in ("cp1252", "latin-1", "utf-8", "utf-16-le", "utf-16-be"):
    codecs.lookup(_encoding)


def clean(text: str | None) -> str | None:
    """The text as one line of at most 512 characters; None if nothing is left."""
    words = one_line((text or "")[: 4 * MAX_TEXT_CHARACTERS]).split()
    return " ".join(words)[:MAX_TEXT_CHARACTERS].rstrip() or None


def from_libav(text: str) -> Found:
    """A text that libav gave, in which bytes that aren't UTF-8 were kept as surrogates."""
    return text if text.isascii() or _is_text(text) else text.encode("utf-8", "surrogateescape")


def _is_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def as_utf8(raw: bytes) -> str | None:
    """The bytes as UTF-8; None if they aren't. A last character that was cut off is left out, if another
    shows that it's UTF-8 indeed."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data" or raw[: error.start].isascii():
            return None
        return raw[: error.start].decode()


def as_utf16(raw: bytes) -> str:
    """UTF-16 with a byte order mark, or without one, as old programs left it out."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        order, raw = ("le" if raw[:1] == b"\xff" else "be"), raw[2:]
    else:
        # Most of what is written has its zeros, or at least its few high bytes, all on one side.
        order = "le" if len(set(raw[1::2])) <= len(set(raw[0::2])) else "be"
    return raw[: len(raw) & ~1].decode(f"utf-16-{order}", "ignore")


def as_legacy(raw: bytes, code_page: str | None) -> str:
    """Bytes in a code page; without one, or if they aren't in it, Windows' Latin, or Latin-1."""
    for encoding in (code_page, "cp1252"):
        try:
            if encoding is not None:
                return codecs.getincrementaldecoder(encoding)().decode(raw)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def unsure_bytes(found: Sequence[Found]) -> bytes:
    """The words in these texts that look like another script than Latin: of their letters more are beyond
    ASCII than in it, and there are enough of them to guess by. Empty if there's nothing to guess."""
    texts = [raw for raw in found if isinstance(raw, bytes) and as_utf8(raw) is None]
    words = [word for raw in texts for word in raw.split() if max(word) > 0x7F]
    letters = b"".join(words)
    high = sum(byte > 0x7F for byte in letters)
    plain = len(re.findall(rb"[A-Za-z]", letters))
    return b" ".join(words) if high >= _LEAST_HIGH_BYTES and high > plain else b""


def read_text(found: Found, code_page: str | None) -> str | None:
    """A text as it's shown; None if nothing is left. Its parts, by NUL, are joined."""
    if isinstance(found, bytes):
        utf8 = as_utf8(found)
        found = utf8 if utf8 is not None else as_legacy(found, code_page)
    parts = [part for text in found.split("\0") if (part := clean(text))]
    return clean(SEPARATOR.join(dict.fromkeys(parts)))
