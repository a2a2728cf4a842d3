"""The life of a link (`model/share.py`) in SQL: which columns it's read from."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

from listenlink.model.share import CountedLife, Life
from listenlink.store.database.columns import list_columns
from listenlink.store.suspensions import OF_LINK
from listenlink.store.targets import EXISTS

_NUMBERS_AT_ONCE = 500


def link_columns(kind: type[Life], **otherwise: str) -> str:
    """The columns of a row type about a link, where that is `s`, but for those said otherwise."""
    return list_columns(kind.__struct_fields__, "s", suspended_at=OF_LINK, **otherwise)


LIFE = link_columns(Life)
COUNTED_LIFE = link_columns(CountedLife)
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
