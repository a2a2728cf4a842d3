"""What an instance does for itself: write counted refusals, delete old audit lines and keys."""

from __future__ import annotations

import asyncio
from functools import partial

import structlog
from sqlalchemy import Connection

from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.actions.idempotency import KEPT_US
from listenlink.actions.manage_tracks import remove_leftovers
from listenlink.actions.opening.unlocking import LINK_WINDOW_US
from listenlink.actions.signing_in.bound_attempts import WINDOW_US
from listenlink.clock import DAY_US, SECOND_US
from listenlink.errors import Problem
from listenlink.media.disk.faults import name_of
from listenlink.running.instance import Instance, Running
from listenlink.store import (
    account_events,
    answered_challenges,
    idempotency,
    listens,
    session_clients,
    share_attempts,
    sign_in_attempts,
    sign_in_links,
    sign_ins,
)
from listenlink.store.audit import day_tables, open_counts, open_days
from listenlink.threads import HOUSE

_log = structlog.get_logger()
_SECOND, _MINUTE = 1.0, 60.0
_QUIET_LINES = 500
_MOST_WAITING = 500_000
_LINES_PER_STEP = 1000
_PAUSE_SECONDS = 0.05
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
        instance.listening.watcher.run(),
        instance.owning.promises.go_on(),
        instance.listening.archives.summer.run(),
    )


async def _every_second(instance: Instance) -> None:
    waited = 0
    while True:
        await asyncio.sleep(_SECOND)
        instance.running.storage.let_go()
        try:
            await instance.listening.opener.write_limited()
            waited = await add_up_opens(instance, waited)
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
    while behind or (waits and (waits - waited < _QUIET_LINES or waits > _MOST_WAITING)):
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


async def delete_old(instance: Instance) -> int:
    """Delete what is past its retention. Returns the number of audit lines deleted. Days are UTC.

    What can't be deleted now keeps nothing else from being deleted. Raises the first Problem or OSError, but
    at the end.
    """
    now_us = instance.running.clock.now_us()
    failures: list[Problem | OSError] = []
    lines = 0
    for step in (
        _delete_keys,
        _make_days,
        _delete_lines,
        _delete_answers,
        _delete_sign_ins,
        _delete_uploads,
    ):
        try:
            lines += await step(instance, now_us)
        except (Problem, OSError) as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return lines


async def _delete_keys(instance: Instance, now_us: int) -> int:
    await HOUSE.run(instance.running.daily_keys.destroy_old, now_us // DAY_US)
    return 0


async def _make_days(instance: Instance, now_us: int) -> int:
    await instance.running.database.write(partial(day_tables.make_days, now_us=now_us))
    return 0


async def _delete_lines(instance: Instance, now_us: int) -> int:
    await add_up_opens(instance, _MOST_WAITING)
    deleted = await delete_old_lines(
        instance.running.database, now_us // DAY_US, instance.running.settings.audit_retention_days
    )
    instance.running.ages.lines_ahead = deleted.ahead
    if deleted.ahead:
        _log.warning("audit_lines_are_ahead", lines=deleted.ahead)
    return deleted.lines


async def _delete_answers(instance: Instance, now_us: int) -> int:
    """What nobody can ask for again, and of what was heard what no session can raise any more."""
    running = instance.running
    await running.database.write(lambda connection: idempotency.date_back(connection, now_us))
    # A day later: the clock may have been set back in between.
    heard_us = now_us - running.settings.session_ttl_seconds * SECOND_US - DAY_US
    for delete in (
        partial(idempotency.delete_older, since_us=now_us - KEPT_US),
        partial(session_clients.delete_over, now_us=now_us),
        partial(listens.forget_heard, before_us=heard_us),
    ):
        while await running.database.write(delete):
            pass
    return 0


async def _delete_sign_ins(instance: Instance, now_us: int) -> int:
    """What signs nobody in any more, tries of passwords, and lines of accounts older than those of links."""
    running = instance.running
    since_us = now_us - running.settings.audit_retention_days * DAY_US
    for delete in (
        partial(sign_ins.delete_over, now_us=now_us),
        partial(sign_in_links.delete_over, now_us=now_us),
        partial(answered_challenges.delete_over, now_us=now_us),
        partial(sign_in_attempts.delete_older, before_us=now_us - WINDOW_US),
        partial(share_attempts.delete_older, before_us=now_us - LINK_WINDOW_US),
        partial(account_events.delete_older, before_us=since_us),
    ):
        while await running.database.write(delete):
            pass
    return 0


async def _delete_uploads(instance: Instance, now_us: int) -> int:
    await instance.owning.resumer.remove_stale(now_us)
    return 0
