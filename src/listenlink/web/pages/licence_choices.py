"""The terms that a creator can choose from, with what a listener would be told of each."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.model.declared import Terms, declare
from listenlink.model.licence import OWN_RECORDING, EngineRegistry, Licence, licence_of


class Choice(NamedTuple):
    """Terms, as they're declared, and what results from them: with a credit line, too."""

    terms: Terms
    declared: Licence
    told: Licence
    credited: Licence


def licence_choices(
    registry: EngineRegistry,
    now_us: int,
    engine: str = OWN_RECORDING,
    stamp: Licence | None = None,
    stamped_at: int | None = None,
) -> list[Choice]:
    """All terms there are: of a track that was stamped then, or of a recording that is uploaded now."""
    stamped = stamp or registry.stamp(engine, now_us)
    since = now_us if stamped_at is None else stamped_at

    def choice(terms: Terms) -> Choice:
        plain, credited = (
            declare(terms, is_credited=is_credited, at_us=now_us) for is_credited in (False, True)
        )
        told = registry.told(engine, stamped, since, now_us, plain)
        return Choice(
            terms,
            licence_of(plain, None),
            told,
            registry.told(engine, stamped, since, now_us, credited),
        )

    return [choice(terms) for terms in Terms]


def licence_of_terms(terms: Terms, now_us: int) -> Licence:
    """The facts of terms as they're called."""
    return licence_of(declare(terms, is_credited=False, at_us=now_us), None)
