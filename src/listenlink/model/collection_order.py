"""The order of a collection's tracks: where one of them is to go, and what tells one order from another."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Ids have 48 bits (`model/ids.py`).
_ID_BYTES = 6
_MARK_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a track is to go: to a `position`, from 0; right `before` or `after` another track; or `by` so
    many places from where it is. The first of these that is given counts."""

    position: int | None = None
    before: int | None = None
    after: int | None = None
    by: int = 0

    def position_in(self, order: Sequence[int], track_id: int) -> int | None:
        """The track's position afterwards, within the order; None if the other track isn't there."""
        present = order.index(track_id)
        if self.position is not None:
            wanted = self.position
        elif (other := self.after if self.before is None else self.before) is not None:
            if other not in order:
                return None
            wanted = order.index(other) + (self.before is None)
            # It leaves its own place first.
            wanted -= present < wanted
        else:
            wanted = present + self.by
        return min(max(wanted, 0), len(order) - 1)


class Arranged(NamedTuple):
    """What a change of the order came to: a track was at the position `was` and is at `now`, None if it's in
    the collection no more; `mark` is that of the order that came of it. `added_at` is in epoch µs."""

    track_id: int
    added_at: int
    was: int
    now: int | None
    mark: str


def mark_of(order: Sequence[int]) -> str:
    """What tells this order of tracks from any other: 16 hex digits."""
    packed = b"".join(number.to_bytes(_ID_BYTES) for number in order)
    return hashlib.sha256(packed).hexdigest()[:_MARK_CHARACTERS]
