"""Adding up the opens that the audit alone knows, between those that come in."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from listenlink.running.instance import Instance
from listenlink.store.audit import open_counts, open_days

MOST_WAITING = 500_000
_QUIET_LINES = 500
_LINES_PER_STEP = 1000
_PAUSE_SECONDS = 0.05


async def add_up_opens(instance: Instance, waited: int) -> int:
    """Count the audit's new opens, if it's quiet or too many are waiting. Returns how many wait now.

    `waited` is how many waited a second ago. Each step is short, because opens need the same lock.
    """
    database = instance.running.database
    waits, behind = await database.read(
        lambda connection: (
            open_counts.find_waiting(connection),
            open_days.find_waiting(connection),
        )
    )
    while behind or (waits and (waits - waited < _QUIET_LINES or waits > MOST_WAITING)):
        counted, behind = await database.write(_add_up_some)
        waits = waits - counted if counted else 0
        # Whoever waits for the lock tries again and again, at longer and longer intervals.
        await asyncio.sleep(_PAUSE_SECONDS)
    return waits


def _add_up_some(connection: Connection) -> tuple[int, int]:
    """How many lines were counted, and how many of those that are aren't in the sums of their days yet."""
    counted = open_counts.add_up(connection, _LINES_PER_STEP)
    open_days.add_up(connection, _LINES_PER_STEP)
    return counted, open_days.find_waiting(connection)
