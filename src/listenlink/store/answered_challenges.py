"""Challenges of passkeys that were answered, until they're over: none is answered twice."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, delete, insert, select

from listenlink.store import tables

_ANSWERED = tables.answered_challenges
_DELETED_PER_STEP = 500


def add_challenge(connection: Connection, challenge: bytes, ends_at: int) -> None:
    """Note that it was answered, until it's over (epoch µs). Raises IntegrityError if it was before."""
    digest = hashlib.sha256(challenge).digest()
    connection.execute(insert(_ANSWERED).values(digest=digest, ends_at=ends_at))


def delete_over(connection: Connection, now_us: int) -> int:
    """Delete some that are over; return how many. Call until it returns 0."""
    over = select(_ANSWERED.c.digest).where(_ANSWERED.c.ends_at <= now_us).limit(_DELETED_PER_STEP)
    return connection.execute(
        delete(_ANSWERED).where(_ANSWERED.c.digest.in_(over.scalar_subquery()))
    ).rowcount
