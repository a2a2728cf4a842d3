"""The `Upload-Metadata` header of tus 1.0: comma-separated pairs of names and base64 values."""

from __future__ import annotations

import base64
import binascii
import re

MOST_CHARACTERS = 8192
_NAME = re.compile(r"[!-+\--~]{1,64}")


def parse_metadata(text: str) -> dict[str, str] | None:
    """`"title VGVh,engine c3R1ZGlv"` → `{"title": "Tea", "engine": "studio"}`.

    None if it's malformed: a name that occurs twice, not base64, not UTF-8, or too long.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    pairs: dict[str, str] = {}
    for part in text.split(",") if text.strip() else ():
        name, _, value = part.strip(" ").partition(" ")
        if _NAME.fullmatch(name) is None or name in pairs:
            return None
        try:
            pairs[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            return None
    return pairs


def write_metadata(pairs: dict[str, str]) -> str:
    """The header's value for these pairs."""
    return ",".join(
        f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in pairs.items()
    )
