"""The turn to publish or remove stored audio, which one node at a time has, and how a lost one is noticed.

It's an advisory lock of a session, because a turn may wait long for a bucket. When the session's connection
is lost, PostgreSQL gives the lock to the next, and whoever had it doesn't notice. So turns are numbered in
the database too, and nothing is read or committed in one once another has begun. An odd number is a turn that
wasn't given back: then the next waits until whatever the last asked of its bucket is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

import structlog
from sqlalchemy import Connection, text

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.postgres import CONNECT_SECONDS, LOCK_SPACE, PUBLISHING, Raw

# Nothing is removed from a bucket but right after it was read that the turn holds, and asking a bucket takes
# 2.2 s at most, twice (media/bucket/bucket.py).
_LOST_TURN_SECONDS = 5.0

_FIND = "SELECT audit_id FROM audit_progress WHERE name = 'publishing' FOR UPDATE"
_BEGIN = """
INSERT INTO audit_progress (name, audit_id) VALUES ('publishing', $1)
ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id
"""
_END = "UPDATE audit_progress SET audit_id = $1 + 1 WHERE name = 'publishing' AND audit_id = $1"
_IS_HELD = "SELECT 1 FROM audit_progress WHERE name = 'publishing' AND audit_id = :turn"


async def begin_turn(connection: Raw, until: float) -> int:
    """Wait for the turn, until that moment of the monotonic clock; return its number.

    Raises what the driver raises.
    """
    left = max(0.001, until - time.monotonic())
    # If PostgreSQL hangs, it doesn't end the wait itself.
    async with asyncio.timeout(left):
        await connection.execute(f"SET lock_timeout = {round(left * 1000):d}")
        await connection.execute("SELECT pg_advisory_lock($1, $2)", LOCK_SPACE, PUBLISHING)
        async with connection.transaction():
            # Waits for what a node whose turn was lost is just committing.
            last = await connection.fetchval(_FIND) or 0
            was_lost = last % 2
            turn = int(last + 1 + was_lost)
            await connection.execute(_BEGIN, turn)
    if was_lost:
        structlog.get_logger().warning("publishing_turn_was_lost")
        await asyncio.sleep(_LOST_TURN_SECONDS)
    return turn


async def end_turn(connection: Raw, turn: int) -> None:
    """Give the turn back, and end its connection."""
    try:
        # If it can't be given back now, it's lost: the next one sees that.
        with contextlib.suppress(Exception):
            await connection.execute(_END, turn, timeout=CONNECT_SECONDS)
    finally:
        connection.terminate()


def require_turn(connection: Connection, turn: int, *, until_commit: bool) -> None:
    """Return if no other turn has begun, and with `until_commit` let none begin before this transaction ends.

    Raises Problem(UNAVAILABLE) if the turn was lost.
    """
    held = text(_IS_HELD + (" FOR SHARE" if until_commit else ""))
    if connection.execute(held, {"turn": turn}).first() is None:
        raise Problem(ProblemKind.UNAVAILABLE)
