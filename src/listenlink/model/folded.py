"""Text as it's looked for: case, accents and width don't matter. It's done here because each database
folds text in its own way."""

from __future__ import annotations

import unicodedata

_MOST_WORDS = 10


def folded(text: str) -> str:
    """The text without case, accents and other forms of the same letters: `"Élan"` → `"elan"`."""
    if text.isascii():
        return text.lower()
    # Other forms of a letter first: 𝐀 has no case before it's an A. Folding can put marks together again.
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(letter for letter in parted if not unicodedata.combining(letter))


def words_of(text: str) -> list[str]:
    """The folded words that somebody looks for: the first ten."""
    return folded(text).split()[:_MOST_WORDS]
