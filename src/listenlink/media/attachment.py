"""The header field that makes a browser save what it gets, under a name."""

from __future__ import annotations

import re
from urllib.parse import quote

_UNFIT = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]+')
_MOST_CHARACTERS = 150
_PLAIN = "!#$&+-.^_`|~"  # attr-char of RFC 5987, section 3.2.1, but for letters and digits


def content_disposition(file_name: str) -> str:
    """`attachment` with the name (RFC 6266), in ASCII for whoever reads no more. What a file system
    or a terminal could take amiss in a name is left out of it."""
    stem, dot, ending = _UNFIT.sub(" ", file_name).strip(" .").rpartition(".")
    name = stem[:_MOST_CHARACTERS].rstrip() + dot + ending[:16] or "audio"
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe=_PLAIN)}"
