"""The header field that makes a browser keep what it gets, under a name."""

from __future__ import annotations

from urllib.parse import quote


def content_disposition(file_name: str) -> str:
    """RFC 6266: `attachment`, the name in ASCII for whoever can't read more, and as it is."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in " -_." else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
