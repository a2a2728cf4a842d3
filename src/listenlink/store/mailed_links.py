"""One-time links that were mailed within a day: how many for an organisation, and how many to somebody."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_MAILED = tables.mailed_links
_DELETED_PER_STEP = 500


class Counted(NamedTuple):
    """How many were mailed: for one organisation, of these to one address, and for all to that address."""

    of_organization: int
    to_reader: int
    to_reader_of_all: int


def count_mailed(
    connection: Connection, organization_id: int | None, email: str, since_us: int
) -> Counted:
    """Count what was mailed since then; None is the operator."""
    counted = select(func.count()).where(_MAILED.c.at > since_us)
    theirs = _MAILED.c.organization_id.is_not_distinct_from(organization_id)
    is_read = _MAILED.c.reader == _reader(email)
    asked = counted.where(theirs), counted.where(theirs, is_read), counted.where(is_read)
    return Counted(*(int(connection.execute(one).scalar_one()) for one in asked))


def add_mailed(
    connection: Connection, organization_id: int | None, email: str, now_us: int
) -> None:
    """Count one, before it's mailed."""
    values = {"organization_id": organization_id, "reader": _reader(email), "at": now_us}
    insert_with_new_id(
        connection,
        lambda number: connection.execute(insert(_MAILED).values(id=number, **values)),
    )


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some that no longer count; return how many. Call until it returns 0."""
    over = select(_MAILED.c.id).where(_MAILED.c.at <= before_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_MAILED).where(_MAILED.c.id.in_(over.scalar_subquery()))
    ).rowcount


def _reader(email: str) -> bytes:
    return hashlib.sha256(email.strip().lower().encode()).digest()
