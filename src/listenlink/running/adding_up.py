"""Adding up the opens that the audit alone knows, between those that come in.

Under load that's done by whoever opens, on the embedded database (`store/opening/sqlite_adding.py`); on
PostgreSQL by this, which takes no lock that opens need.
"""

from __future__ import annotations

import asyncio
import math
from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.running.instance import Instance
from listenlink.store.audit import open_counts, open_days
from listenlink.store.opening.sqlite_adding import MOST_WAITING as MOST_WAITING

# Within a second, and within the time of a step and the pause behind it.
_QUIET_LINES, _QUIET_LINES_OF_A_STEP = 500, 40
_LINES_PER_STEP = 1000
_PAUSE_SECONDS = 0.05


class _Done(NamedTuple):
    """What a step did: how many lines it counted, and how many of all that are counted aren't in the sums of
    their days yet; and how many wait behind it."""

    counted: int
    behind: int
    waits: int


async def add_up_opens(instance: Instance, waited: int) -> int:
    """Count the audit's new opens for as long as it's quiet, or too many are waiting on PostgreSQL. Returns
    how many wait now.

    `waited` is how many waited a second ago. Each step is short, because opens need the same lock.
    """
    database, url = instance.running.database, instance.running.settings.database_url
    most = math.inf if url is None else MOST_WAITING
    waits, behind = await database.read(
        lambda connection: (
            open_counts.find_waiting(connection),
            open_days.find_waiting(connection),
        )
    )
    is_quiet = waits - waited < _QUIET_LINES
    while behind or (waits and (is_quiet or waits > most)):
        done = await database.write(_add_up_some)
        # A rush that begins meanwhile has it end.
        is_quiet = is_quiet and done.waits - (waits - done.counted) < _QUIET_LINES_OF_A_STEP
        waits, behind = (done.waits if done.counted else 0), done.behind
        # Whoever waits for the lock tries again and again, at longer and longer intervals.
        await asyncio.sleep(_PAUSE_SECONDS)
    return waits


def _add_up_some(connection: Connection) -> _Done:
    counted = open_counts.add_up(connection, _LINES_PER_STEP)
    open_days.add_up(connection, _LINES_PER_STEP)
    return _Done(counted, open_days.find_waiting(connection), open_counts.find_waiting(connection))
