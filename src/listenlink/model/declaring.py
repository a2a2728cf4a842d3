"""What somebody says who declares the terms of their music: which, with which credit line, and that they
know that some can't be taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from listenlink.errors import invalid
from listenlink.model.declared import (
    UNDECLARED,
    Declarations,
    Declared,
    Terms,
    begin,
    declare,
)
from listenlink.model.licence import OWN_RECORDING
from listenlink.model.one_line import one_line
from listenlink.wire.bodies import ATTRIBUTION_LENGTH

FIELDS = ("declared_licence", "attribution_text", "confirmed")
_UNCONFIRMED = "A Creative Commons licence can't be taken back. Say that you know it."


@dataclass(frozen=True, slots=True)
class Declaring:
    """Terms that are declared, with the credit line to give, None for the artist and title."""

    terms: Terms
    attribution_text: str | None

    def at(self, now_us: int) -> Declared:
        """What is declared at this moment."""
        is_credited = self.attribution_text is not None
        return declare(self.terms, is_credited=is_credited, at_us=now_us)

    def after(
        self, before: Declarations | None, engines: Collection[str], now_us: int
    ) -> Declarations:
        """What holds once it's declared of a track whose versions are of these engines, for which these
        declarations were there before."""
        declared = self.at(now_us)
        if before is not None:
            return before.and_now(declared, self.attribution_text, now_us)
        # What an engine made was under no declaration; what somebody recorded could be listened to only.
        undeclared = UNDECLARED if OWN_RECORDING in engines else None
        return begin(declared, self.attribution_text, now_us, undeclared=undeclared)

    def first(self, now_us: int) -> Declarations:
        """What holds of a track that is made with it: there are no links from before."""
        return begin(self.at(now_us), self.attribution_text, now_us, undeclared=None)


@dataclass(frozen=True, slots=True)
class Declaration:
    """One declaration, by a user's number and e-mail. `declared_at` in epoch µs."""

    terms: Terms
    attribution_text: str | None
    declared_by: int
    email: str
    declared_at: int


def read_declaring(said: Mapping[str, object]) -> Declaring | None:
    """Read it from a request's fields; None if nothing is declared. Raises a 422 Problem that names the wrong
    field."""
    terms, text = said.get("declared_licence"), said.get("attribution_text")
    if terms is None:
        for name in FIELDS[1:]:
            if said.get(name):
                raise invalid(name, "This goes with the terms that are declared.")
        return None
    try:
        declared = Terms(str(terms))
    except ValueError:
        raise invalid("declared_licence", f"This is one of: {', '.join(Terms)}.") from None
    line = one_line(str(text or "")) or None
    if line is not None and len(line) > ATTRIBUTION_LENGTH:
        raise invalid(
            "attribution_text", f"The credit line is longer than {ATTRIBUTION_LENGTH} characters."
        )
    if line is not None and declared is Terms.ZERO:
        raise invalid("attribution_text", "CC0 asks nobody to name the source.")
    if declared.is_irrevocable and said.get("confirmed") is not True:
        raise invalid("confirmed", _UNCONFIRMED)
    return Declaring(declared, line)


def require_declaring(said: Mapping[str, object]) -> Declaring:
    """The same of a request that declares something. Raises a 422 Problem also if it doesn't."""
    declaring = read_declaring(said)
    if declaring is None:
        raise invalid("declared_licence", "Choose a licence.")
    return declaring
