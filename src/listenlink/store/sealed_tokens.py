"""Links' tokens, sealed: what a link's address can be shown from again. A closed link has none.

They're in a table of their own, because the open reads a link's row and never this.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from listenlink.store import tables

_SEALED = tables.sealed_tokens
_SHARES = tables.shares


class SealedToken(NamedTuple):
    """A link's sealed token, and the rotation that it's bound to."""

    share_id: int
    rotation: int
    sealed: bytes


def keep_sealed(connection: Connection, share_id: int, sealed: bytes | None) -> None:
    """Keep this in place of what was kept for the link; None keeps nothing."""
    forget_sealed(connection, [share_id])
    if sealed is not None:
        connection.execute(insert(_SEALED).values(share_id=share_id, sealed=sealed))


def add_sealed(connection: Connection, made: Sequence[tuple[int, bytes]]) -> None:
    """Keep the sealed tokens of links that have none yet, each with its link's number."""
    if made:
        rows = [{"share_id": share_id, "sealed": sealed} for share_id, sealed in made]
        connection.execute(insert(_SEALED), rows)


def find_sealed(connection: Connection, share_id: int) -> bytes | None:
    """Return the link's sealed token, if there is one."""
    wanted = select(_SEALED.c.sealed).where(_SEALED.c.share_id == share_id)
    sealed: bytes | None = connection.execute(wanted).scalar_one_or_none()
    return sealed


def forget_sealed(connection: Connection, share_ids: Collection[int]) -> None:
    """Destroy the sealed tokens of these links."""
    connection.execute(delete(_SEALED).where(_SEALED.c.share_id.in_(share_ids)))


def list_sealed(connection: Connection, after_id: int, limit: int) -> list[SealedToken]:
    """Return some of the sealed tokens, in the order of their links' numbers, from behind this one."""
    rows = connection.execute(
        select(_SEALED.c.share_id, _SHARES.c.rotation, _SEALED.c.sealed)
        .join(_SHARES, _SHARES.c.id == _SEALED.c.share_id)
        .where(_SEALED.c.share_id > after_id)
        .order_by(_SEALED.c.share_id)
        .limit(limit)
    )
    return [SealedToken(*row) for row in rows]


def replace_sealed(connection: Connection, old: SealedToken, sealed: bytes) -> bool:
    """Keep this in place of what was read; False if that is another one by now, or gone."""
    same = (_SEALED.c.share_id == old.share_id) & (_SEALED.c.sealed == old.sealed)
    return connection.execute(update(_SEALED).where(same).values(sealed=sealed)).rowcount == 1
