"""Text that a stranger wrote into a file, cleaned so that it can be stored and shown on one line."""

from __future__ import annotations

MAX_TEXT_CHARACTERS = 512
# Line breaks and control characters; and those that change the direction of writing, which can make one
# name read as another. Joiners stay, because Persian and emoji need them.
_UNWANTED = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " "),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF]),
}


def clean(text: str | None) -> str | None:
    """The text without control characters, cut to 512 characters; None if nothing is left."""
    words = (text or "")[: 4 * MAX_TEXT_CHARACTERS].translate(_UNWANTED).split()
    return " ".join(words)[:MAX_TEXT_CHARACTERS].rstrip() or None
