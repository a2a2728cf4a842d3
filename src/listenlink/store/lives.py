"""The life of a link (`model/share.py`) in SQL: which columns it's read from."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

from listenlink.model.share import CountedLife, Life
from listenlink.store.suspensions import OF_LINK
from listenlink.store.targets import EXISTS

_NUMBERS_AT_ONCE = 500


def _columns(kind: type[Life]) -> str:
    names = kind.__struct_fields__
    return ", ".join(OF_LINK if name == "suspended_at" else f"s.{name}" for name in names)


# The first columns of what becomes a `Life` or a `CountedLife`, where the link is `s`.
LIFE = _columns(Life)
COUNTED_LIFE = _columns(CountedLife)
_FIND = text(
    f"SELECT {LIFE}, s.id FROM shares s WHERE s.id IN :ids AND {EXISTS}"  # noqa: S608 (made of constants)
).bindparams(bindparam("ids", expanding=True))


def find_lives(connection: Connection, share_ids: Collection[int]) -> dict[int, Life]:
    """Return the lives of those of these links that exist and whose target does."""
    found: dict[int, Life] = {}
    numbers = list(share_ids)
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        some = numbers[start : start + _NUMBERS_AT_ONCE]
        found |= {number: Life(*life) for *life, number in connection.execute(_FIND, {"ids": some})}
    return found
