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
from listenlink.store.opening.sqlite_adding import MOST_WAITING

# Within a second, and within the time of a step and the pause behind it.
_QUIET_LINES, _QUIET_LINES_OF_A_STEP = 500, 40
_LINES_PER_STEP = 1000
_PAUSE_SECONDS = 0.05


class _Seen(NamedTuple):
    """The audit's newest line, how many lines wait, and how many of all that are counted aren't in the sums
    of their days yet; and how many were counted just now."""

    newest: int
    waits: int
    behind: int
    counted: int = 0


async def add_up_opens(instance: Instance, newest: int | None) -> int:
    """Count the audit's new opens for as long as it's quiet, or too many are waiting on PostgreSQL. Returns
    the newest line.

    `newest` is which one that was a second ago; None means that it's quiet. How many wait wouldn't tell:
    under load as many are counted as come in. Each step is short, because opens need the same lock.
    """
    database, url = instance.running.database, instance.running.settings.database_url
    most = math.inf if url is None else MOST_WAITING
    seen = await database.read(_look)
    is_quiet = newest is None or seen.newest - newest < _QUIET_LINES
    while seen.behind or (seen.waits and (is_quiet or seen.waits > most)):
        before, seen = seen, await database.write(_add_up_some)
        # A rush that begins meanwhile has it end.
        is_quiet = is_quiet and seen.newest - before.newest < _QUIET_LINES_OF_A_STEP
        if not (seen.counted or seen.behind):
            break
        # Whoever waits for the lock tries again and again, at longer and longer intervals.
        await asyncio.sleep(_PAUSE_SECONDS)
    return seen.newest


def _look(connection: Connection) -> _Seen:
    progress = open_counts.find_progress(connection)
    return _Seen(progress.newest, progress.waiting, open_days.find_waiting(connection))


def _add_up_some(connection: Connection) -> _Seen:
    counted = open_counts.add_up(connection, _LINES_PER_STEP)
    open_days.add_up(connection, _LINES_PER_STEP)
    return _look(connection)._replace(counted=counted)
