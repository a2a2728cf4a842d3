"""The header field that makes a browser save what it gets under a given name."""

from __future__ import annotations

from urllib.parse import quote


def content_disposition(file_name: str) -> str:
    """RFC 6266: `attachment`, with the name in ASCII for those that can't read more, and in full."""
    plain = "".join(c if (c.isascii() and c.isalnum()) or c in " -_." else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
