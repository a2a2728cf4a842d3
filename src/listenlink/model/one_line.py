"""Text that comes from outside, made fit to be shown among other text: names, labels, descriptions, whatever
is printed on a terminal.

What is taken out is said here alone. It happens where such a text comes in (the actions), and again where one
is printed.
"""

from __future__ import annotations

import re

from listenlink.errors import invalid

# Line breaks and control characters become spaces.
_BREAKS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
# What nobody sees, but what can turn the direction of writing, or make one name pass for another: marks of
# direction, spaces without width, fillers, what Unicode has deprecated. Joiners stay, which Persian and emoji
# need.
_UNSEEN = dict.fromkeys(
    [
        *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x200B, 0x200E, 0x200F),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *(0x3164, 0xFEFF, 0xFFA0),
        *range(0xFFF0, 0xFFFC),
        *range(0x1BCA0, 0x1BCA4),
        *range(0x1D173, 0x1D17B),
        *range(0xD800, 0xE000),
        *(0xFFFE, 0xFFFF),
    ]
)
_UNWANTED = {**_BREAKS, **_UNSEEN}
# Tag characters write hidden ASCII, except behind a black flag, where they make the flags of countries.
_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f)|[\U000e0000-\U000e007f]")
_BESIDE = re.compile("[\\s\u200c\u200d\ufe00-\ufe0f]*")


_LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


def one_line(text: str) -> str:
    """The text without line breaks, control characters and what can't be seen, and without spaces around it;
    empty if nothing is left to see."""
    return _or_nothing(_cleaned(text).strip())


def some_lines(text: str) -> str:
    """The same for text of several lines, whose ends become `\\n`; spaces at the beginning of a line stay."""
    lines = [_cleaned(line).rstrip() for line in _LINE_ENDS.split(text)]
    return _or_nothing("\n".join(lines).strip())


def bounded(field: str, text: str, most: int) -> str:
    """The text as it came, if it has at most so many characters, and no NUL, which PostgreSQL can't store.
    Raises a 422 Problem that names the field."""
    if len(text) > most:
        raise invalid(field, f"This has at most {most} characters.")
    if "\0" in text:
        raise invalid(field, "This is text without NUL.")
    return text


def _cleaned(text: str) -> str:
    return _TAGS.sub(lambda found: found[1] or "", text.translate(_UNWANTED))


def _or_nothing(shown: str) -> str:
    return "" if _BESIDE.fullmatch(shown) else shown
