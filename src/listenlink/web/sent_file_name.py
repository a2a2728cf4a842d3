"""The name of a sent file, from a part's `Content-Disposition`: as browsers write it, and as others do."""

from __future__ import annotations

import binascii
import re
from email.errors import HeaderParseError
from email.header import decode_header
from urllib.parse import unquote_to_bytes

_EXTENDED = re.compile(r";\s*filename\*\s*=\s*\"?([\w.:-]+)'[^']*'([^;\s\"]+)", re.IGNORECASE)
_ENCODED_WORD = re.compile(r"=\?[\w.:-]+\?[bq]\?[^?]*\?=", re.IGNORECASE)


def sent_file_name(disposition: str, file_name: str | None) -> str:
    """The name meant by a header and its `filename` as a browser's would be read; empty if it has none.

    .NET writes `filename="=?utf-8?B?…?="` (RFC 2047) and behind it `filename*=utf-8''…` (RFC 8187), though
    RFC 7578 allows neither in a form.
    """
    extended = _EXTENDED.search(disposition)
    if extended is not None:
        try:
            return unquote_to_bytes(extended[2]).decode(extended[1])
        except (UnicodeDecodeError, LookupError):
            pass
    if file_name and _ENCODED_WORD.search(file_name):
        return _decode_words(file_name)
    return file_name or ""


def _decode_words(text: str) -> str:
    try:
        parts = decode_header(text)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "ascii")
            for part, charset in parts
        )
    except (UnicodeDecodeError, LookupError, HeaderParseError, binascii.Error):
        return text
