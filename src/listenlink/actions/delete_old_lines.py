"""Delete what the audit has of days that are past their retention, and leave what they came to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from listenlink.store.audit import day_sums, day_tables, numbers, old_lines
from listenlink.store.audit.numbers import TooOld
from listenlink.store.database.database import Database

_Result = TypeVar("_Result")
# What reads all of the audit, or waits behind another writer, may take so long.
_LONG_SECONDS = 600.0
_SUMS_PER_STEP = 1000
# Each step holds the lock that opens need; for so long afterwards nobody does.
_PAUSE_SECONDS = 0.02


class Deleted(NamedTuple):
    """How many lines were deleted, and how many there are from a clock that was `ahead`."""

    lines: int
    ahead: int


async def delete_old_lines(database: Database, today: int, kept_days: int) -> Deleted:
    """Sum up the lines that are too old, then delete what was summed up, then the clients they named.

    Kept is today, a day since the epoch, and `kept_days` before it. Lines whose opens aren't added up yet
    are left for another time. Raises Problem(UNAVAILABLE).
    """
    old = await _step(database, numbers.find_too_old, today, kept_days)
    found = await _read(database, old_lines.find_lines, old)
    has_old_days = await _read(database, day_tables.has_old_days, old)
    lines = 0
    if found.blocks or has_old_days:
        await _sum_up(database, old)
        lines = await _drop_days(database, old)
    for block in found.blocks:
        lines += await _step(database, old_lines.delete_lines, old, block)
    for block in await _read(database, old_lines.find_limited, old):
        await _step(database, old_lines.delete_limited, old, block)
    while await _step(database, old_lines.delete_clients, old):
        pass
    return Deleted(lines, found.ahead)


async def _sum_up(database: Database, old: TooOld) -> None:
    for day in await _read(database, day_sums.find_days, old):
        while sums := await _read(database, day_sums.find_sums, old, day):
            for start in range(0, len(sums), _SUMS_PER_STEP):
                await _step(database, day_sums.keep_sums, sums[start : start + _SUMS_PER_STEP])


async def _drop_days(database: Database, old: TooOld) -> int:
    lines = 0
    while days := await _read(database, day_tables.find_old_days, old):
        lines += await _step(database, day_tables.drop_days, days)
    return lines


async def _read(database: Database, work: Callable[..., _Result], *arguments: object) -> _Result:
    return await database.read(
        lambda connection: work(connection, *arguments), within_seconds=_LONG_SECONDS
    )


async def _step(database: Database, work: Callable[..., _Result], *arguments: object) -> _Result:
    done = await database.write(
        lambda connection: work(connection, *arguments), within_seconds=_LONG_SECONDS
    )
    await asyncio.sleep(_PAUSE_SECONDS)
    return done
