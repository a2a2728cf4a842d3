"""A list in slices: which one is asked for, and what is found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

_Item = TypeVar("_Item")

# Where an item stands in its list's order: what the list is sorted by, as far as it takes to tell two apart.
Place = tuple[int | str, ...]


class Slice(NamedTuple):
    """At most `limit` items: those after a place, whatever was put in or taken out before it, or those that
    `offset` others come before."""

    limit: int
    offset: int = 0
    after: Place | None = None

    @property
    def one_more(self) -> int:
        """How many to look for, so as to know whether there is more."""
        return self.limit + 1


class Found(NamedTuple, Generic[_Item]):
    """A slice's items, and the place to go on after; None if nothing follows."""

    items: list[_Item]
    place: Place | None


def found(
    rows: Sequence[Any], part: Slice, make: Callable[[Any], _Item], place: Callable[[Any], Place]
) -> Found[_Item]:
    """What was looked for with `one_more`: items made of the slice's rows, and the place of the last."""
    kept = rows[: part.limit]
    return Found([make(row) for row in kept], place(kept[-1]) if len(rows) > part.limit else None)
