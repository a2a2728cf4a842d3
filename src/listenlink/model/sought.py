"""What is looked for by words: the same rule whatever database the texts are in."""

from __future__ import annotations

from listenlink.model.folded import folded, words_of

MOST_CHARACTERS = 80


class Sought:
    """Words that are looked for, of which each must be somewhere: the first ten. No words are everywhere."""

    def __init__(self, query: str) -> None:
        self._words = words_of(query[:MOST_CHARACTERS])

    @property
    def is_for_all(self) -> bool:
        """Whether there are none."""
        return not self._words

    def is_in(self, *texts: str | None) -> bool:
        """Whether each word is in one of these texts, or a part of one of theirs."""
        if self.is_for_all:
            return True
        held = folded("\n".join(filter(None, texts)))
        return all(word in held for word in self._words)
