"""Wrong passwords that were tried at links, for as long as they count."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_ATTEMPTS = tables.share_attempts
_DELETED_PER_STEP = 500


class Failures(NamedTuple):
    """How many count of a client at a link, when the oldest of those was, and how many of the link's."""

    of_client: int
    oldest_at: int | None
    of_link: int


def count_failures(
    connection: Connection,
    share_id: int,
    client: bytes,
    since_us: int,
    of_link_since_us: int,
) -> Failures:
    """Return what counts of this client since the one time, and of this link since the other."""
    of_client, oldest_at = connection.execute(
        select(func.count(), func.min(_ATTEMPTS.c.at)).where(
            _ATTEMPTS.c.client == client, _ATTEMPTS.c.at > since_us
        )
    ).one()
    of_link = connection.execute(
        select(func.count()).where(
            _ATTEMPTS.c.share_id == share_id, _ATTEMPTS.c.at > of_link_since_us
        )
    ).scalar_one()
    return Failures(of_client, oldest_at, of_link)


def add_failure(connection: Connection, share_id: int, client: bytes, now_us: int) -> None:
    """Write that a password was wrong."""
    insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_ATTEMPTS).values(id=number, share_id=share_id, client=client, at=now_us)
        ),
    )


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some that no longer count; return how many. Call until it returns 0."""
    over = select(_ATTEMPTS.c.id).where(_ATTEMPTS.c.at <= before_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_ATTEMPTS).where(_ATTEMPTS.c.id.in_(over.scalar_subquery()))
    ).rowcount
