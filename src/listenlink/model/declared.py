"""What creators declare about their own music, and what of it holds for a link: the least that was declared
since the link was made.

Declarations are ordered by what they allow. Whoever was sent a link may have acted on what it told, and
whoever declares less means it at once: so a link tells the meet of all declarations that were in force at
any moment since it was made. A declaration that allows more reaches links that are made afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

_SECOND_US = 1_000_000
_CREDITED = "+"


class Terms(StrEnum):
    """What a creator can declare. Those of Creative Commons have their names in SPDX's list."""

    LISTEN_ONLY = "listen_only"
    BY_NC = "CC-BY-NC-4.0"
    BY_NC_SA = "CC-BY-NC-SA-4.0"
    BY_NC_ND = "CC-BY-NC-ND-4.0"
    BY = "CC-BY-4.0"
    ZERO = "CC0-1.0"
    COMMERCIAL = "commercial"

    @property
    def is_irrevocable(self) -> bool:
        """Whether who has the music under these terms keeps them for good, as by Creative Commons."""
        return self not in (Terms.LISTEN_ONLY, Terms.COMMERCIAL)

    @property
    def url(self) -> str | None:
        """Where Creative Commons has the licence; None for other terms."""
        return _URLS.get(self)


_CREATIVE_COMMONS = "https://creativecommons.org/"
_URLS = {
    Terms.BY_NC: f"{_CREATIVE_COMMONS}licenses/by-nc/4.0/",
    Terms.BY_NC_SA: f"{_CREATIVE_COMMONS}licenses/by-nc-sa/4.0/",
    Terms.BY_NC_ND: f"{_CREATIVE_COMMONS}licenses/by-nc-nd/4.0/",
    Terms.BY: f"{_CREATIVE_COMMONS}licenses/by/4.0/",
    Terms.ZERO: f"{_CREATIVE_COMMONS}publicdomain/zero/1.0/",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """Terms as they were declared. Of terms cleared for commercial use, `month` is that of the declaration,
    like `2026-01`, and `is_credited` whether a credit must be given; other terms say that themselves."""

    terms: Terms
    is_credited: bool = False
    month: str = ""

    @property
    def requires_attribution(self) -> bool:
        """Whether the source must be named."""
        return self.is_credited if self.terms is Terms.COMMERCIAL else self.terms is not Terms.ZERO

    @property
    def version(self) -> str:
        """What names the terms, as SPDX or with their month."""
        return f"declared-{self.month}" if self.terms is Terms.COMMERCIAL else self.terms.value


def declare(terms: Terms, *, is_credited: bool, at_us: int) -> Declared:
    """What somebody declares now."""
    if terms is not Terms.COMMERCIAL:
        return Declared(terms)
    return Declared(terms, is_credited, f"{datetime.fromtimestamp(at_us // _SECOND_US, UTC):%Y-%m}")


# What is below each: whoever may do what these terms allow may do what those below it allow.
_CREDITED_COMMERCIAL, _FREE_COMMERCIAL = (Terms.COMMERCIAL, True), (Terms.COMMERCIAL, False)
_KINDS = {
    _CREDITED_COMMERCIAL: {_CREDITED_COMMERCIAL},
    _FREE_COMMERCIAL: {_CREDITED_COMMERCIAL, _FREE_COMMERCIAL},
    (Terms.BY_NC_SA, False): {(Terms.BY_NC_SA, False)},
    (Terms.BY_NC_ND, False): {(Terms.BY_NC_ND, False)},
}
_KINDS[Terms.BY_NC, False] = {
    (Terms.BY_NC, False),
    *_KINDS[Terms.BY_NC_SA, False],
    *_KINDS[Terms.BY_NC_ND, False],
}
_KINDS[Terms.BY, False] = {(Terms.BY, False), *_KINDS[Terms.BY_NC, False]}
_KINDS[Terms.ZERO, False] = {
    (Terms.ZERO, False),
    *_KINDS[Terms.BY, False],
    *_KINDS[_FREE_COMMERCIAL],
}
LISTEN_ONLY = Declared(Terms.LISTEN_ONLY)
# The same for links from before anything was declared: nobody said it.
UNDECLARED = Declared(Terms.LISTEN_ONLY, month="undeclared")


def meet_declared(first: Declared, second: Declared) -> Declared:
    """The lower of two; "listen only" if neither allows all that the other does. Of the same terms, the later
    month's."""
    if UNDECLARED in (first, second):
        return UNDECLARED
    of_first, of_second = (first.terms, first.is_credited), (second.terms, second.is_credited)
    if of_first == of_second:
        return max(first, second, key=lambda one: one.month)
    if of_first in _KINDS.get(of_second, ()):
        return first
    if of_second in _KINDS.get(of_first, ()):
        return second
    return LISTEN_ONLY


@dataclass(frozen=True, slots=True)
class Declarations:
    """All that was declared of a track, as far as it matters: what holds for links made since each moment,
    the oldest first, in epoch µs. There are few: each allows more than the one before. `attribution_text` is
    the newest credit line, as long as any of them needs it."""

    since: tuple[tuple[int, Declared], ...]
    attribution_text: str | None = None

    @property
    def newest(self) -> Declared:
        """What holds for a link that is made now."""
        return self.since[-1][1]

    @property
    def newest_text(self) -> str | None:
        """The credit line that goes with it."""
        return self.attribution_text if self.newest.requires_attribution else None

    def for_link(self, made_at: int) -> Declarations:
        """What holds for a link made then: one declaration. A link of the very microsecond of a declaration
        counts as made before it."""
        found = self.since[0][1]
        for since, declared in self.since[1:]:
            if since >= made_at:
                break
            found = declared
        return Declarations(((0, found),), self.attribution_text)

    def and_now(self, declared: Declared, attribution_text: str | None, at_us: int) -> Declarations:
        """With one more declaration. It lowers what links tell that were made before, where it allows less;
        what it allows more is for links made afterwards."""
        lowered = [(since, meet_declared(before, declared)) for since, before in self.since]
        lowered.append((max(at_us, self.since[-1][0]), declared))
        # Of neighbours that say the same the first says since when.
        kept = [
            one
            for place, one in enumerate(lowered)
            if place == 0 or one[1] != lowered[place - 1][1]
        ]
        if attribution_text is None and any(one.is_credited for _, one in kept):
            attribution_text = self.attribution_text
        return Declarations(tuple(kept), attribution_text)

    def write(self) -> str:
        """As it's stored with the track: a line of moments and terms, and below it the credit line."""
        line = " ".join(f"{since}:{_name(declared)}" for since, declared in self.since)
        return line if self.attribution_text is None else f"{line}\n{self.attribution_text}"


def begin(
    declared: Declared, attribution_text: str | None, at_us: int, *, undeclared: Declared | None
) -> Declarations:
    """The first declaration of a track. `undeclared` is what holds for links made before it, None where it
    may hold for them, too."""
    if undeclared is None:
        return Declarations(((0, declared),), attribution_text)
    before = Declarations(((0, undeclared),))
    return before.and_now(declared, attribution_text, at_us)


@lru_cache(maxsize=4096)
def read_declarations(text: str) -> Declarations:
    """Read what `write` wrote."""
    line, _, attribution_text = text.partition("\n")
    pairs = (one.partition(":") for one in line.split(" "))
    since = tuple((int(moment), _of_name(name)) for moment, _, name in pairs)
    return Declarations(since, attribution_text or None)


@lru_cache(maxsize=4096)
def written_for_link(text: str, made_at: int) -> str:
    """Of what `write` wrote, what holds for a link made then, as it would be written."""
    return read_declarations(text).for_link(made_at).write()


def _name(declared: Declared) -> str:
    credited = _CREDITED if declared.is_credited else ""
    month = f"/{declared.month}" if declared.month else ""
    return f"{declared.terms.value}{credited}{month}"


def _of_name(name: str) -> Declared:
    terms, _, month = name.partition("/")
    is_credited = terms.endswith(_CREDITED)
    return Declared(Terms(terms.removesuffix(_CREDITED)), is_credited, month)
