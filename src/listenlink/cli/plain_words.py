"""A refused field in words for people, where the server has it in those of the library that checks fields."""

from __future__ import annotations

import re

_MOST = (
    (r"Expected `int` >= (\d+)", r"This is a whole number from \1 on."),
    (r"Expected `int` <= (\d+)", r"This is a whole number up to \1."),
    (r"Expected `(?:str|array)` of length >= 1", "This is empty."),
    (r"Expected `str` of length <= (\d+)", r"This has at most \1 characters."),
    # Of a title, which is the only text on a command line that can fail one.
    (r"Expected `str` matching regex .*", "There is nothing in it to read."),
)


def plain_words(message: str) -> str:
    """The message as a sentence; any other as it is."""
    for pattern, told in _MOST:
        found = re.fullmatch(pattern, message)
        if found is not None:
            return found.expand(told)
    return message
