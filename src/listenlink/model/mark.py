"""What is known of how much of a recording a machine made, and who says so.

Three may say it: the engine's operator, by the registry; its creator; and the file itself, by a manifest in
it. Each of them can only add: a mark is raised and never lowered, whatever is said later, by whomever. That
nothing is said means no more than that: nowhere is it told that something was made without a machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce

from listenlink.errors import invalid
from listenlink.wire.bodies import AI_MARKS

# What a file may say of who says so.
SAYER_LENGTH = 256
# What the IPTC calls it: https://cv.iptc.org/newscodes/digitalsourcetype/
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_READ = re.compile(
    r"https?://(?:cv\.iptc\.org/newscodes|c2pa\.org)/digitalsourcetype/([A-Za-z]{1,64})/?"
)


class Ai(IntEnum):
    """How much of a recording a machine made, from least to most; as it's stored, too."""

    NONE = 0
    ASSISTED = 1
    GENERATED = 2

    @property
    def word(self) -> str:
        """As it's said in files and answers: `none`, `assisted`, `generated`."""
        return self.name.lower()

    @property
    def source_type(self) -> str | None:
        """The address by which the IPTC's `digitalSourceType` names it; None for nothing."""
        return _SOURCE_TYPES + _NAMES[self] if self in _NAMES else None


_NAMES = {
    Ai.ASSISTED: "compositeWithTrainedAlgorithmicMedia",
    Ai.GENERATED: "trainedAlgorithmicMedia",
}
_BY_WORD = {one.word: one for one in Ai}
# What others may call it besides. All other types say nothing of a model that was trained: not what a person
# drew, recorded or edited, and neither what a program computed or enhanced without one.
_BY_TYPE = {
    **{name: one for one, name in _NAMES.items()},
    "trainedAlgorithmicData": Ai.GENERATED,
    "compositeSynthetic": Ai.ASSISTED,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What each of the three says of one recording. `engine` is the key of the one that `by_engine` is of,
    `file_says` who speaks in the file: None if no signature that holds is behind what it says."""

    by_engine: Ai = Ai.NONE
    engine: str | None = None
    by_creator: Ai = Ai.NONE
    by_file: Ai = Ai.NONE
    file_says: str | None = None

    @property
    def told(self) -> Ai:
        """The most that any of them says."""
        return max(self.by_engine, self.by_creator, self.by_file)

    @property
    def signed(self) -> Ai:
        """The most that this server says itself, and signs: not what a file claims, which says it in its own
        name."""
        return max(self.by_engine, self.by_creator)

    def join(self, other: Mark) -> Mark:
        """The most of both; where they say as much, the first is named."""
        engine = self if self.by_engine >= other.by_engine else other
        file = self if self.by_file >= other.by_file else other
        by_creator = max(self.by_creator, other.by_creator)
        return Mark(engine.by_engine, engine.engine, by_creator, file.by_file, file.file_says)


UNMARKED = Mark()


def join_all(marks: Iterable[Mark]) -> Mark:
    """The most of all; nothing, of none."""
    return reduce(Mark.join, marks, UNMARKED)


def ai_of_source_type(address: str) -> Ai:
    """What a `digitalSourceType` says, whoever writes it; nothing, if it's another or none."""
    match = _READ.fullmatch(address)
    return _BY_TYPE.get(match[1], Ai.NONE) if match else Ai.NONE


def ai_of(word: str) -> Ai:
    """What is meant by a word. Raises KeyError for another one."""
    return _BY_WORD[word]


def read_declared_ai(said: object) -> Ai:
    """What a creator declares of a recording; nothing if it isn't said. Raises a 422 Problem."""
    if said in (None, ""):
        return Ai.NONE
    if said not in AI_MARKS:
        raise invalid("ai", f"This is one of: {', '.join(AI_MARKS)}.")
    return ai_of(str(said))
