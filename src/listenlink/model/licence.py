"""Licence facts: an order of classes, the registry of engines, and the meet that a viewer is shown.

What is shown is the lowest of the stamp a track got when it was made and everything learned since.
Nothing here can raise a claim.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from itertools import chain


class LicenceClass(StrEnum):
    """What may be done with the music, from least to most."""

    UNCLEAR = "unclear"
    PERSONAL_ONLY = "personal_only"
    COMMERCIAL_ENTERPRISE = "commercial_enterprise"
    COMMERCIAL_CLEARED = "commercial_cleared"


_RANK = {licence_class: rank for rank, licence_class in enumerate(LicenceClass)}


@dataclass(frozen=True, slots=True)
class Licence:
    """The facts of one licence. `attribution_text` is the credit to give, where one is required."""

    licence_class: LicenceClass
    version: str
    requires_attribution: bool
    attribution_text: str | None = None

    @property
    def commercial_use(self) -> bool:
        """True for a stranger only if cleared for everybody, which enterprise terms are not."""
        return self.licence_class is LicenceClass.COMMERCIAL_CLEARED


UNCLEAR = Licence(LicenceClass.UNCLEAR, "unknown", requires_attribution=True)


def meet(first: Licence, second: Licence) -> Licence:
    """The lower of two licences; attribution is required if either says so.

    Version and text come from the licence that decides the class; the first wins a tie.
    """
    low = second if _RANK[second.licence_class] < _RANK[first.licence_class] else first
    requires = first.requires_attribution or second.requires_attribution
    if low.requires_attribution == requires:
        return low
    text = low.attribution_text or first.attribution_text or second.attribution_text
    return Licence(low.licence_class, low.version, requires, text)


@dataclass(frozen=True, slots=True)
class EngineTerms:
    """One version of one engine's terms. Times in epoch µs; `known_at` is when we learned of it."""

    engine: str
    display_name: str
    licence: Licence
    valid_from: int
    known_at: int


class EngineRegistry:
    """The terms `offered` today, and all that were ever `known`, by engine.

    Only offered terms can be in force: terms that were in the file by mistake stay known for ever,
    and so may lower a track's licence, but grant nothing once corrected.
    """

    def __init__(self, offered: Iterable[EngineTerms], known: Iterable[EngineTerms]) -> None:
        self._offered = _by_engine(offered)
        self._known = _by_engine(known)
        self._last_change = {
            engine: max(max(item.valid_from, item.known_at) for item in items)
            for engine, items in self._known.items()
        }
        everything = chain(self._offered.values(), self._known.values())
        self._beginnings = sorted({item.valid_from for items in everything for item in items})

    def unchanged_since(self, now_us: int) -> int:
        """The last moment, up to now, at which any engine's terms came into force: since then, no
        licence shown has changed. 0 if none did."""
        place = bisect_right(self._beginnings, now_us)
        return self._beginnings[place - 1] if place else 0

    def is_settled(self, engine: str, stamped_at: int) -> bool:
        """Whether nothing newer than the stamp is known of the engine, so that the licence shown
        won't change with time."""
        return stamped_at >= self._last_change.get(engine, 0)

    def terms_in_force(self, engine: str, now_us: int) -> EngineTerms | None:
        """The newest terms already in force, or None for an engine that isn't offered."""
        holding = [item for item in self._offered.get(engine, ()) if item.valid_from <= now_us]
        # Of several that start at the same time, the lowest is in force.
        newest = [item for item in holding if item.valid_from == holding[-1].valid_from]
        return min(newest, key=lambda item: _RANK[item.licence.licence_class], default=None)

    def list_in_force(self, now_us: int) -> list[EngineTerms]:
        """The terms in force for each offered engine, ordered by its key."""
        found = (self.terms_in_force(engine, now_us) for engine in sorted(self._offered))
        return [terms for terms in found if terms is not None]

    def stamp(self, engine: str, now_us: int) -> Licence:
        """The licence that a track made now gets; `UNCLEAR` for an unknown engine."""
        terms = self.terms_in_force(engine, now_us)
        return terms.licence if terms else UNCLEAR

    def told(self, engine: str, stamp: Licence, stamped_at: int, now_us: int) -> Licence:
        """The licence a viewer is shown now: the meet of the stamp and everything learned since."""
        in_force = self.terms_in_force(engine, now_us)
        if in_force is None:
            return UNCLEAR
        since = (
            item.licence
            for item in self._known.get(engine, ())
            if item.valid_from <= now_us and max(item.valid_from, item.known_at) > stamped_at
        )
        return reduce(meet, since, meet(stamp, in_force.licence))


def _by_engine(terms: Iterable[EngineTerms]) -> dict[str, list[EngineTerms]]:
    """Group the terms by engine, oldest first."""
    sorted_terms: dict[str, list[EngineTerms]] = {}
    for item in sorted(terms, key=lambda item: (item.valid_from, item.known_at)):
        sorted_terms.setdefault(item.engine, []).append(item)
    return sorted_terms
