"""Which links lead to another version of a track since a moment ago."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

from listenlink.store.targets import LEADS_TO

_NUMBERS_AT_ONCE = 500
_FIND = text("SELECT track_id, since FROM track_turns WHERE since > :after")
_LINKS = text(
    f"SELECT s.id FROM shares s JOIN tracks t ON t.id = :track "  # noqa: S608 (made of constants)
    f"WHERE s.id IN :ids AND NOT s.is_pinned AND {LEADS_TO}"
).bindparams(bindparam("ids", expanding=True))


class Turned(NamedTuple):
    """Another version of a track is current, since then in epoch µs."""

    track_id: int
    since: int


def find_turned(connection: Connection, after_us: int) -> set[Turned]:
    """Return what has turned after this moment."""
    return {Turned(*row) for row in connection.execute(_FIND, {"after": after_us})}


def find_following(
    connection: Connection, share_ids: Collection[int], turned: Collection[Turned]
) -> set[int]:
    """Return those of these links that lead to one of these tracks, and follow."""
    numbers, found = list(share_ids), set[int]()
    for one in {turn.track_id for turn in turned}:
        for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
            asked = {"track": one, "ids": numbers[start : start + _NUMBERS_AT_ONCE]}
            found.update(connection.execute(_LINKS, asked).scalars())
    return found
