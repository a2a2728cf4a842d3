"""Sealed answers to writes that may be repeated, under the digest of who asked for what with which key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from listenlink.clock import DAY_US
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.database.columns import ended

_ANSWERS = tables.idempotent_answers
_DELETED_PER_STEP = 500


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What the request's body is known by (`Sealer.marks`), and the sealed answer. `whose` isn't known of
    those from before it was stored."""

    body_digest: bytes
    sealed: bytes
    whose: Owner | None = None


def find_answer(connection: Connection, key_digest: bytes, since_us: int) -> KeptAnswer | None:
    """Return the answer if it was stored after `since_us`."""
    row = connection.execute(
        select(_ANSWERS.c.body_digest, _ANSWERS.c.sealed).where(
            _ANSWERS.c.key_digest == key_digest, ~ended(_ANSWERS.c.created_at, since_us)
        )
    ).one_or_none()
    return None if row is None else KeptAnswer(row.body_digest, row.sealed)


def keep_answer(connection: Connection, key_digest: bytes, answer: KeptAnswer, now_us: int) -> None:
    """Store an answer, replacing one that is too old to be repeated."""
    connection.execute(delete(_ANSWERS).where(_ANSWERS.c.key_digest == key_digest))
    connection.execute(
        insert(_ANSWERS).values(
            key_digest=key_digest,
            body_digest=answer.body_digest,
            sealed=answer.sealed,
            created_at=now_us,
            organization_id=answer.whose and answer.whose.organization_id,
            user_id=answer.whose and answer.whose.user_id,
        )
    )


def delete_older(connection: Connection, since_us: int) -> int:
    """Delete some answers that weren't stored after `since_us`; return how many. Call until it returns 0."""
    oldest = (
        select(_ANSWERS.c.key_digest)
        .where(ended(_ANSWERS.c.created_at, since_us))
        .order_by(_ANSWERS.c.created_at)
        .limit(_DELETED_PER_STEP)
        .scalar_subquery()
    )
    return connection.execute(delete(_ANSWERS).where(_ANSWERS.c.key_digest.in_(oldest))).rowcount


def date_back(connection: Connection, now_us: int) -> None:
    """Let answers that a clock which was ahead has dated more than a day ahead count as stored now."""
    ahead = _ANSWERS.c.created_at > now_us + DAY_US
    connection.execute(update(_ANSWERS).where(ahead).values(created_at=now_us))
