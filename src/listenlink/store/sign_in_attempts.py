"""Attempts to sign in, for as long as they count: each is written before it's decided, so that many at once
are counted too, and taken back if it was right."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id

_ATTEMPTS = tables.sign_in_attempts
_DELETED_PER_STEP = 500


def count_attempts(
    connection: Connection, client: bytes, account: bytes, since_us: int
) -> tuple[int, int, int | None]:
    """Return how many count of this client and as this account, and when the client's oldest was."""
    of_client, oldest = connection.execute(
        select(func.count(), func.min(_ATTEMPTS.c.at)).where(
            _ATTEMPTS.c.client == client, _ATTEMPTS.c.at > since_us
        )
    ).one()
    of_account = connection.execute(
        select(func.count()).where(_ATTEMPTS.c.account == account, _ATTEMPTS.c.at > since_us)
    ).scalar_one()
    return of_client, of_account, oldest


def add_attempt(connection: Connection, client: bytes, account: bytes, now_us: int) -> int:
    """Write an attempt and return its number."""
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(
            insert(_ATTEMPTS).values(id=number, client=client, account=account, at=now_us)
        ),
    )


def take_back(connection: Connection, client: bytes, account: bytes) -> None:
    """Forget this client's attempts as this account: it was right."""
    theirs = (_ATTEMPTS.c.client == client) & (_ATTEMPTS.c.account == account)
    connection.execute(delete(_ATTEMPTS).where(theirs))


def delete_older(connection: Connection, before_us: int) -> int:
    """Delete some that no longer count; return how many. Call until it returns 0."""
    over = select(_ATTEMPTS.c.id).where(_ATTEMPTS.c.at <= before_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_ATTEMPTS).where(_ATTEMPTS.c.id.in_(over.scalar_subquery()))
    ).rowcount
