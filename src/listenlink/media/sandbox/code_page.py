"""Guesses the code page of old tags, by the statistics of a library.

Runs only in a sandboxed child, and only where a file holds text that can't be Latin: the library's models
take 0.1 s and 60 MB to load.
"""

from __future__ import annotations

import codecs
import unicodedata

import chardet

# Those that music was tagged in before Unicode; the Latin ones, so that they can win.
_ENCODINGS = (
    *("cp1251", "koi8-r", "koi8-u", "cp866", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc-jp", "gb18030", "big5", "cp949"),
    *("cp1250", "cp1252", "cp1254", "cp1257"),
)
_LEAST_CONFIDENCE = 0.06
# The next best that reads differently has to be clearly worse.
_LEAST_LEAD = 1.25


def load() -> None:
    """Load the models and the encodings, while files can still be opened."""
    guess_code_page("Нагрузка".encode("cp1251"))
    for name in _ENCODINGS:
        codecs.lookup(name)


def guess_code_page(raw: bytes) -> str | None:
    """The encoding of these bytes, which aren't UTF-8; None if it isn't clear, or if it's a Latin one."""
    found = chardet.detect_all(raw, include_encodings=_ENCODINGS, ignore_threshold=True)
    read: dict[str, tuple[float, str]] = {}
    for one in found:
        encoding = str(one["encoding"])
        try:
            text = raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        read.setdefault(text, (one["confidence"], encoding))
    if not read:
        return None
    text, (confidence, encoding) = next(iter(read.items()))
    others = [other for other, _ in list(read.values())[1:]]
    leads = confidence >= _LEAST_LEAD * max(others, default=0.0)
    return encoding if confidence >= _LEAST_CONFIDENCE and leads and _is_other(text) else None


def _is_other(text: str) -> bool:
    """Whether all letters beyond ASCII are of another script than Latin, and no word mixes the two."""
    for word in text.split():
        high = [letter for letter in word if letter.isalpha() and not letter.isascii()]
        if any(unicodedata.name(letter, "LATIN").startswith("LATIN") for letter in high):
            return False
        if high and any(letter.isalpha() and letter.isascii() for letter in word):
            return False
    return True
