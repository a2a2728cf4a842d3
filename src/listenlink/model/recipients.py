"""Links for several recipients at once: what each one's terms are."""

from __future__ import annotations

from collections.abc import Sequence

from listenlink.errors import Problem, invalid
from listenlink.model.terms import AskedTerms, Terms
from listenlink.wire.bodies import MOST_RECIPIENTS

NO_LABEL = "Say whom the link is for."


def terms_for_each(for_all: Terms, recipients: Sequence[AskedTerms], now_us: int) -> list[Terms]:
    """The terms of each recipient's link: those for all, changed by what they have of their own.

    Several may have the same label: who writes two of a name has two of that name. Raises a 422 Problem that
    names the first that can't be, as `recipients[17].max_opens`.
    """
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        raise invalid("recipients", f"Name 1 to {MOST_RECIPIENTS} at once.")
    return [_terms(for_all, one, place, now_us) for place, one in enumerate(recipients)]


def _terms(for_all: Terms, asked: AskedTerms, place: int, now_us: int) -> Terms:
    try:
        terms = for_all.changed(asked, now_us)
        if not terms.label:
            raise invalid("label", NO_LABEL)
    except Problem as problem:
        field = f"recipients[{place}].{problem.details['field']}"
        raise Problem(problem.kind, problem.message, **problem.details | {"field": field}) from None
    return terms
