"""Licence facts: an order of classes, the registry of engines, and the meet that a viewer is shown.

What is shown is the lowest of the stamp a track got when it was made, everything learned since, and what its
creator declares. A recording of one's own is of no engine: there the declaration is the stamp. Nothing else
here can raise a claim.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from itertools import chain

from listenlink.model.declared import LISTEN_ONLY, UNDECLARED, Declared, Terms, meet_declared
from listenlink.model.mark import Ai

# The engine of what somebody recorded themselves.
OWN_RECORDING = "own_recording"


class LicenceClass(StrEnum):
    """What may be done with the music, from least to most."""

    UNCLEAR = "unclear"
    PERSONAL_ONLY = "personal_only"
    COMMERCIAL_ENTERPRISE = "commercial_enterprise"
    COMMERCIAL_CLEARED = "commercial_cleared"


_RANK = {licence_class: rank for rank, licence_class in enumerate(LicenceClass)}


@dataclass(frozen=True, slots=True)
class Licence:
    """The facts of one licence. `attribution_text` is the credit to give, where one is required.
    `is_declared` says that it's the creator's word, and `declared` which terms, if `version` names them."""

    licence_class: LicenceClass
    version: str
    requires_attribution: bool
    attribution_text: str | None = None
    is_declared: bool = False
    declared: Declared | None = None

    @property
    def commercial_use(self) -> bool:
        """True for a stranger only if cleared for everybody, which enterprise terms are not."""
        return self.licence_class is LicenceClass.COMMERCIAL_CLEARED


UNCLEAR = Licence(LicenceClass.UNCLEAR, "unknown", requires_attribution=True)


# Of two tracks whose creators declare what can't be ordered. The version is that of recordings of one's own.
_LISTEN_ONLY = Licence(
    LicenceClass.PERSONAL_ONLY, "2026-01", True, is_declared=True, declared=LISTEN_ONLY
)
_CLEARED = (Terms.BY, Terms.ZERO, Terms.COMMERCIAL)


def meet(first: Licence, second: Licence) -> Licence:
    """The lower of two licences; attribution is required if either says so.

    Version and text come from the licence that decides the class; the first wins a tie. A licence that names
    declared terms names them for what is under them alone: with an engine's it gives only its class.
    """
    if first.declared is not None and second.declared is not None:
        low = meet_declared(first.declared, second.declared)
        return next((one for one in (first, second) if one.declared == low), _LISTEN_ONLY)
    if second.declared is not None:
        return _lowered(first, second)
    return _lowered(second, first) if first.declared is not None else _meet_engines(first, second)


def _meet_engines(first: Licence, second: Licence) -> Licence:
    low = second if _RANK[second.licence_class] < _RANK[first.licence_class] else first
    requires = first.requires_attribution or second.requires_attribution
    if low.requires_attribution == requires:
        return low
    text = low.attribution_text or first.attribution_text or second.attribution_text
    return Licence(low.licence_class, low.version, requires, text, low.is_declared)


def _lowered(ceiling: Licence, by: Licence) -> Licence:
    """What an engine's licence leaves of a declared one, or the other way round. Its version stays: declared
    terms aren't named where an engine has its own."""
    low = min(ceiling.licence_class, by.licence_class, key=_RANK.__getitem__)
    requires = ceiling.requires_attribution or by.requires_attribution
    text = (ceiling.attribution_text or by.attribution_text) if requires else None
    lowered = replace(
        ceiling, licence_class=low, requires_attribution=requires, attribution_text=text
    )
    return ceiling if lowered == ceiling else replace(lowered, is_declared=True)


def licence_of(declared: Declared, attribution_text: str | None) -> Licence:
    """The facts of declared terms, with the credit line as it is now."""
    return Licence(
        LicenceClass.COMMERCIAL_CLEARED
        if declared.terms in _CLEARED
        else LicenceClass.PERSONAL_ONLY,
        declared.version,
        declared.requires_attribution,
        attribution_text if declared.requires_attribution else None,
        is_declared=True,
        declared=declared,
    )


@dataclass(frozen=True, slots=True)
class EngineTerms:
    """One version of one engine's terms. Times in epoch µs; `known_at` is when we learned of it. `ai` is how
    much of what it makes a machine made; None if that isn't said."""

    engine: str
    display_name: str
    licence: Licence
    valid_from: int
    known_at: int
    ai: Ai | None = None


class EngineRegistry:
    """The terms `offered` today, and all that were ever `known`, by engine.

    Only offered terms can be in force: terms that were in the file by mistake stay known for ever,
    and so may lower a track's licence, but grant nothing once corrected.
    """

    def __init__(self, offered: Iterable[EngineTerms], known: Iterable[EngineTerms]) -> None:
        self._offered = _by_engine(offered)
        self._known = _by_engine(known)
        everything = chain(self._offered.values(), self._known.values())
        self._beginnings = sorted({item.valid_from for items in everything for item in items})

    def unchanged_since(self, now_us: int) -> int:
        """The last moment, up to now, at which any engine's terms came into force: since then, no
        licence shown has changed. 0 if none did."""
        place = bisect_right(self._beginnings, now_us)
        return self._beginnings[place - 1] if place else 0

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

    def name(self, engine: str, now_us: int) -> str:
        """What the engine is called; one that isn't known, by its key."""
        terms = self.terms_in_force(engine, now_us)
        return engine if terms is None else terms.display_name

    def ai(self, engine: str, now_us: int) -> Ai:
        """How much of what the engine makes now a machine makes, as far as that is said."""
        terms = self.terms_in_force(engine, now_us)
        return Ai.NONE if terms is None or terms.ai is None else terms.ai

    def told(
        self,
        engine: str,
        stamp: Licence,
        stamped_at: int,
        now_us: int,
        declared: Declared | None = None,
        attribution_text: str | None = None,
    ) -> Licence:
        """The licence a viewer is shown now: the meet of the stamp, of everything learned since, and of what
        is `declared` for this viewer. An engine is a ceiling for what may be declared; a recording of one's
        own has none while the operator offers it as more than unclear, and is to be listened to only, unless
        more is declared."""
        learned = self._learned(engine, stamp, stamped_at, now_us)
        is_own = engine == OWN_RECORDING
        if declared is None and not is_own:
            return learned
        said = licence_of(declared or LISTEN_ONLY, attribution_text)
        if not is_own:
            return _lowered(learned, said)
        is_withheld = learned.licence_class is LicenceClass.UNCLEAR
        if is_withheld or (declared or LISTEN_ONLY).terms is Terms.LISTEN_ONLY:
            told = None if is_withheld or declared == UNDECLARED else declared
            return replace(_lowered(learned, said), is_declared=told is not None, declared=told)
        return said

    def _learned(self, engine: str, stamp: Licence, stamped_at: int, now_us: int) -> Licence:
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
