"""What is looked for by words: the same rule whatever database the texts are in."""

from __future__ import annotations

import unicodedata

MOST_CHARACTERS = 80


def folded(text: str) -> str:
    """The text without what people leave out when they look for it: case, accents, widths of letters."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class Sought:
    """Words that are looked for, of which each must be somewhere. No words are everywhere."""

    def __init__(self, query: str) -> None:
        self._words = folded(query[:MOST_CHARACTERS]).split()

    def is_in(self, *texts: str | None) -> bool:
        """Whether each word is in one of these texts, or a part of one of theirs."""
        if not self._words:
            return True
        held = folded("\n".join(filter(None, texts)))
        return all(word in held for word in self._words)
