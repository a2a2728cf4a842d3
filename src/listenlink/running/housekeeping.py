"""What an instance does for itself: write counted refusals, delete old audit lines and keys."""

from __future__ import annotations

import asyncio

import structlog

from listenlink.actions.idempotency import KEPT_US
from listenlink.actions.manage_tracks import remove_leftovers
from listenlink.clock import DAY_US
from listenlink.errors import Problem
from listenlink.media.folder.faults import name_of
from listenlink.running.instance import Instance
from listenlink.store import idempotency, session_clients
from listenlink.store.audit import audit_log, day_tables, of_link, open_counts

_log = structlog.get_logger()
_SECOND = 1.0
_MINUTE = 60.0
_QUIET_LINES = 500
_MOST_WAITING = 500_000
_LINES_PER_STEP = 1000
_PAUSE_SECONDS = 0.05
_RETENTION_EVERY_SECONDS = 3600.0
_TIDY_EVERY_SECONDS = 2.0
_DAYS_EVERY_SECONDS = 5.0
_LONG_SECONDS = 600.0


async def keep_house(instance: Instance) -> None:
    """Run until cancelled. What can't be done now, because of the database, the disk or a lack of
    descriptors, is done later: an error in one of these tasks would end all of them for good."""
    await asyncio.gather(
        _every_second(instance),
        _every_minute(instance),
        _keep_retention(instance),
        _keep_storage(instance),
        _keep_days(instance),
        instance.deriver.run(),
        instance.watcher.run(),
    )


async def _every_second(instance: Instance) -> None:
    waited = 0
    while True:
        await asyncio.sleep(_SECOND)
        instance.open_files.let_go()
        try:
            await instance.opener.write_limited()
            waited = await add_up_opens(instance, waited)
            await instance.database.checkpoint()
        except (Problem, OSError):
            _log.warning("housekeeping_postponed")


async def _keep_storage(instance: Instance) -> None:
    """Delete what couldn't be deleted while the storage was gone, soon after it's back."""
    folder = instance.folder
    while True:
        if folder.has_leftovers:
            try:
                await folder.run(remove_leftovers, instance.database, folder)
            except (Problem, OSError):
                _log.warning("storage_not_tidied")
        await asyncio.sleep(_TIDY_EVERY_SECONDS)


async def _keep_days(instance: Instance) -> None:
    """Prepare each day's key before the day begins, so that nobody waits for it at midnight."""
    while True:
        today = instance.clock.now_us() // DAY_US
        try:
            await asyncio.to_thread(instance.daily_keys.prepare, today)
        except OSError as error:
            _log.warning("day_keys_not_prepared", errno=name_of(error))
        await asyncio.sleep(_DAYS_EVERY_SECONDS)


async def _every_minute(instance: Instance) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        try:
            await instance.keys.compare(instance.database)
        except (Problem, OSError):
            _log.warning("keys_not_compared")


async def add_up_opens(instance: Instance, waited: int) -> int:
    """Count the audit's new opens, if it's quiet or too many are waiting. Returns how many wait now.

    `waited` is how many waited a second ago. Each step is short, because opens need the same lock.
    """
    waits = await instance.database.read(open_counts.find_waiting)
    while waits and (waits - waited < _QUIET_LINES or waits > _MOST_WAITING):
        counted = await instance.database.write(
            lambda connection: open_counts.add_up(connection, _LINES_PER_STEP)
        )
        waits = waits - counted if counted else 0
        # Whoever waits for the lock tries again and again, at longer and longer intervals.
        await asyncio.sleep(_PAUSE_SECONDS)
    return waits


async def _keep_retention(instance: Instance) -> None:
    while True:
        try:
            gone = await delete_old(instance)
            if gone:
                _log.info("audit_lines_deleted", lines=gone)
        except (Problem, OSError):
            _log.warning("retention_postponed")
        await asyncio.sleep(_RETENTION_EVERY_SECONDS)


async def delete_old(instance: Instance) -> int:
    """Delete what is past its retention. Returns the number of audit lines deleted. Days are UTC."""
    today = instance.clock.now_us() // DAY_US
    await asyncio.to_thread(instance.daily_keys.destroy_old, today)
    before_us = (today - instance.settings.audit_retention_days) * DAY_US
    now_us = instance.clock.now_us()
    await instance.database.write(lambda connection: day_tables.make_days(connection, now_us))
    await add_up_opens(instance, _MOST_WAITING)
    sums = await instance.database.read(
        lambda c: of_link.sum_old_days(c, before_us), within_seconds=_LONG_SECONDS
    )
    if sums:
        await instance.database.write(
            lambda connection: of_link.keep_days(connection, sums), within_seconds=_LONG_SECONDS
        )
    lines = 0
    while gone := await instance.database.write(
        lambda connection: audit_log.delete_older(connection, before_us),
        within_seconds=_LONG_SECONDS,
    ):
        lines += gone
    too_old_us = now_us - KEPT_US
    while await instance.database.write(
        lambda connection: idempotency.delete_older(connection, too_old_us)
    ):
        pass
    while await instance.database.write(
        lambda connection: session_clients.delete_older(connection, now_us)
    ):
        pass
    await instance.resumer.remove_stale(instance.clock.now_us())
    return lines
