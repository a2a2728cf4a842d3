"""What an instance does for itself: write counted refusals, look after days, keys, time and storage."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from listenlink.actions.manage_tracks import remove_leftovers
from listenlink.clock import DAY_US
from listenlink.errors import Problem
from listenlink.media.disk.faults import name_of
from listenlink.running.adding_up import add_up_opens
from listenlink.running.instance import Instance, Running
from listenlink.running.retention import delete_old
from listenlink.store.audit import day_tables
from listenlink.threads import HOUSE

_log = structlog.get_logger()
_SECOND, _MINUTE = 1.0, 60.0
_RETENTION_EVERY_SECONDS = 3600.0
_TIDY_EVERY_SECONDS = 2.0
_DAYS_EVERY_SECONDS, _SECONDS_BETWEEN_MARKS = 5.0, 10


async def keep_house(instance: Instance) -> None:
    """Run until cancelled. What can't be done now, because of the database, the disk or a lack of
    descriptors, is done later: an error in one of these tasks would end all of them for good."""
    await asyncio.gather(
        _every_second(instance),
        _every_minute(instance),
        _keep_time(instance.running),
        _keep_retention(instance),
        _keep_storage(instance.running),
        _keep_days(instance.running),
        instance.running.deriver.run(),
        instance.running.marker.run(),
        instance.listening.watcher.run(),
        instance.owning.promises.go_on(),
        instance.running.teller.run(),
        instance.listening.archives.summer.run(),
    )


async def _every_second(instance: Instance) -> None:
    newest = 0
    while True:
        await asyncio.sleep(_SECOND)
        instance.running.storage.let_go()
        try:
            await instance.listening.opener.write_limited()
            newest = await add_up_opens(instance, newest)
            await instance.running.database.checkpoint()
        except (Problem, OSError):
            _log.warning("housekeeping_postponed")


async def _keep_storage(running: Running) -> None:
    """Delete what couldn't be deleted while the storage was gone, soon after it's back."""
    storage = running.storage
    while True:
        if storage.has_leftovers:
            try:
                await storage.carry_out(remove_leftovers, running.database, storage)
            except (Problem, OSError):
                _log.warning("storage_not_tidied")
        await asyncio.sleep(_TIDY_EVERY_SECONDS)


async def _keep_days(running: Running) -> None:
    """Prepare each day's key before the day begins, so that nobody waits for it at midnight."""
    while True:
        today = running.clock.now_us() // DAY_US
        try:
            await HOUSE.run(running.daily_keys.prepare, today)
        except OSError as error:
            _log.warning("day_keys_not_prepared", errno=name_of(error))
        await asyncio.sleep(_DAYS_EVERY_SECONDS)


async def _every_minute(instance: Instance) -> None:
    while True:
        await asyncio.sleep(_MINUTE)
        try:
            await instance.running.keys.compare(instance.running.database)
            await instance.owning.key_uses.write(instance.running.database)
        except (Problem, OSError):
            _log.warning("keys_not_compared")


async def _keep_time(running: Running) -> None:
    """Note the time that is reached, and read it often in between: whoever sets the clock back is noticed by
    what it was last."""
    while True:
        try:
            await running.timekeeper.keep()
        except (Problem, OSError):
            _log.warning("time_not_kept")
        for _ in range(_SECONDS_BETWEEN_MARKS):
            running.clock.now_us()
            await asyncio.sleep(_SECOND)


async def _keep_retention(instance: Instance) -> None:
    """Once an hour, or each minute while the clock isn't believed."""
    while True:
        again_after = _RETENTION_EVERY_SECONDS
        try:
            if await instance.running.timekeeper.may_delete():
                gone = await delete_old(instance)
                if gone:
                    _log.info("audit_lines_deleted", lines=gone)
            else:
                again_after = _MINUTE
                # The days go on meanwhile, and their lines belong into their tables.
                await instance.running.database.write(
                    partial(day_tables.make_days, now_us=instance.running.clock.now_us())
                )
        except (Problem, OSError):
            _log.warning("retention_postponed")
        await asyncio.sleep(again_after)
