"""A track's versions: other audio behind the same links. What each is made of, and since when which is
current.

A version never changes. Of a track that has had only one, nothing of this is stored. Of any other, all that
an open needs to know of all versions is stored with the track as one text, which is written here alone.

Whoever was sent a link may have acted on what it told of the version that was current then, or of one that
was it since. So a link tells the meet of all versions that were current at any moment since it was made,
removed or not, whether it follows them or is pinned to the one that it was made with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import msgspec

from listenlink.model.declared import Declared
from listenlink.model.licence import EngineRegistry, Licence, LicenceClass, meet
from listenlink.wire.bodies import MOST_VERSIONS as MOST_VERSIONS

FIRST = 1
# The text that is read at every open is bounded by how many there are, and by how often another one became
# current.
MOST_TURNS = 100
# A length that differs by more is said before another version becomes current.
SAME_LENGTH_SECONDS = 2.0


class Version(NamedTuple):
    """One version: its number, from 1 on, and the facts of its time. `created_at` in epoch µs; of one that
    was removed for good, the audio is gone."""

    number: int
    engine: str
    stamp: Licence
    created_at: int
    sample_count: int
    sample_rate: int
    is_shorter_than_declared: bool = False
    is_removed: bool = False

    @property
    def seconds(self) -> float:
        """Its length, to the millisecond."""
        return round(self.sample_count / self.sample_rate, 3)


class Turn(NamedTuple):
    """Since when, in epoch µs, a version is current."""

    since: int
    number: int


_Licence = tuple[str, str, str, bool, str | None]
_Facts = tuple[int, int, int, int, bool, bool]
_Stored = tuple[int, list[_Licence], list[_Facts], list[Turn]]
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Stored).decode


@dataclass(frozen=True, slots=True)
class Versions:
    """All versions of a track, by number, and their turns, the oldest first. There is at least one of
    each."""

    items: tuple[Version, ...]
    turns: tuple[Turn, ...]

    @property
    def current(self) -> Version:
        """The one that links which follow lead to."""
        return self.of(self.turns[-1].number)

    @property
    def there(self) -> int:
        """How many there are that weren't removed."""
        return sum(not one.is_removed for one in self.items)

    def of(self, number: int) -> Version:
        """The version of this number. Raises IndexError."""
        return self.items[number - 1]

    def find(self, number: int) -> Version | None:
        """The version of this number that wasn't removed, if there is one."""
        found = self.items[number - 1] if 0 < number <= len(self.items) else None
        return None if found is None or found.is_removed else found

    def shown(self, made_at: int, *, is_pinned: bool) -> Version:
        """The one that a link made then leads to, removed or not. A link of the very microsecond of a turn
        counts as made before it; one from before the track leads to the first."""
        return self._current_at(made_at) if is_pinned else self.current

    def in_force(self, made_at: int, *, is_pinned: bool = False) -> tuple[Version, ...]:
        """Those that hold for a link made then: the one that it leads to, and behind it all others that were
        current at any moment since then, the newest first."""
        numbers = [turn.number for turn in self.turns if turn.since >= made_at]
        numbers.insert(0, self._current_at(made_at).number)
        shown = self.shown(made_at, is_pinned=is_pinned).number
        return tuple(self.of(number) for number in dict.fromkeys((shown, *reversed(numbers))))

    def _current_at(self, made_at: int) -> Version:
        before = [turn.number for turn in self.turns if turn.since < made_at]
        return self.of(before[-1] if before else FIRST)

    def and_version(self, added: Version) -> Versions:
        """With one more, which isn't current yet."""
        return replace(self, items=(*self.items, added))

    def and_turn(self, number: int, at_us: int) -> Versions:
        """With this one current from now on: later than before, whatever the clock says."""
        return replace(
            self, turns=(*self.turns, Turn(max(at_us, self.turns[-1].since + 1), number))
        )

    def without(self, number: int) -> Versions:
        """With this one removed for good. What it was made of is still known."""
        items = (
            one._replace(is_removed=True) if one.number == number else one for one in self.items
        )
        return replace(self, items=tuple(items))

    def write(self) -> str:
        """As it's stored with the track. It begins with a number that each change raises."""
        licences: dict[_Licence, int] = {}
        facts = [
            (
                licences.setdefault(_of_licence(one.engine, one.stamp), len(licences)),
                *one[3:],
            )
            for one in self.items
        ]
        removed = len(self.items) - self.there
        revision = len(self.items) + len(self.turns) + removed
        return _encode((revision, list(licences), facts, self.turns)).decode()


def begin(first: Version) -> Versions:
    """Those of a track that has had only this one."""
    return Versions((first,), (Turn(first.created_at, first.number),))


@lru_cache(maxsize=512)
def read_versions(text: str) -> Versions:
    """Read what `write` wrote."""
    _, licences, facts, turns = _decode(text)
    known = [_to_licence(one) for one in licences]
    items = (Version(number, *known[one[0]], *one[1:]) for number, one in enumerate(facts, FIRST))
    return Versions(tuple(items), tuple(turns))


class ShownVersion(NamedTuple):
    """What a link tells of a track's versions: the one that it leads to, and those that were in force."""

    version: Version
    in_force: tuple[Version, ...]


@lru_cache(maxsize=512)
def written_for_link(text: str, made_at: int, is_pinned: bool) -> str:
    """Of what `write` wrote, what holds for a link made then: it differs wherever `read_for_link` does."""
    versions = read_versions(text)
    of_link = versions.in_force(made_at, is_pinned=is_pinned)
    known: dict[_Licence, int] = {}
    facts = [
        (one.number, known.setdefault(_of_licence(one.engine, one.stamp), len(known)), *one[3:])
        for one in of_link
    ]
    return _encode((list(known), facts)).decode()


_decode_for_link: Callable[[str], Any] = msgspec.json.Decoder(
    tuple[list[_Licence], list[tuple[int, int, int, int, int, bool, bool]]]
).decode


@lru_cache(maxsize=512)
def read_for_link(text: str) -> ShownVersion:
    """Read what `written_for_link` wrote."""
    licences, facts = _decode_for_link(text)
    known = [_to_licence(one) for one in licences]
    in_force = tuple(Version(number, *known[licence], *lasts) for number, licence, *lasts in facts)
    return ShownVersion(in_force[0], in_force)


def told(
    registry: EngineRegistry,
    in_force: Iterable[Version],
    now_us: int,
    declared: Declared | None = None,
    attribution_text: str | None = None,
) -> Licence:
    """The licence that a viewer is told of whom these versions hold, at least one: the meet of what each
    tells, under what is `declared` for this viewer. Where they're alike, the first's: that is the one that
    they hear, whose credit is named in any case, before that of what decides."""
    shown, *others = (
        registry.told(one.engine, one.stamp, one.created_at, now_us, declared, attribution_text)
        for one in in_force
    )
    low = reduce(meet, others, shown)
    own = shown.attribution_text if shown.requires_attribution else None
    if own is None or low.attribution_text in (None, own):
        return low if own is None else replace(low, attribution_text=own)
    return replace(low, attribution_text=f"{own}; {low.attribution_text}")


def _of_licence(engine: str, stamp: Licence) -> _Licence:
    return (
        engine,
        stamp.licence_class.value,
        stamp.version,
        stamp.requires_attribution,
        stamp.attribution_text,
    )


def _to_licence(stored: _Licence) -> tuple[str, Licence]:
    engine, licence_class, version, requires, text = stored
    return engine, Licence(LicenceClass(licence_class), version, requires, text)
