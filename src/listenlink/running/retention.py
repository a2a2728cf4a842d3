"""What is past its time is deleted: audit lines, answers, sign-ins, uploads that nobody goes on with."""

from __future__ import annotations

from functools import partial

import structlog

from listenlink.actions.delete_old_lines import delete_old_lines
from listenlink.actions.idempotency import KEPT_US
from listenlink.actions.opening.unlocking import LINK_WINDOW_US
from listenlink.actions.signing_in.bound_attempts import WINDOW_US
from listenlink.clock import DAY_US, SECOND_US
from listenlink.errors import Problem
from listenlink.running.adding_up import add_up_opens
from listenlink.running.instance import Instance
from listenlink.store import (
    account_events,
    answered_challenges,
    idempotency,
    listens,
    mailed_links,
    notices,
    session_clients,
    share_attempts,
    sign_in_attempts,
    sign_in_links,
    sign_ins,
    told_opens,
    webhooks,
)
from listenlink.store.audit import day_tables
from listenlink.threads import HOUSE

_log = structlog.get_logger()
# Longer than anything is sent again, and long enough to see what came of it.
_NOTICES_US = 30 * DAY_US


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
    await instance.running.database.write(
        lambda connection: day_tables.make_days(connection, now_us)
    )
    return 0


async def _delete_lines(instance: Instance, now_us: int) -> int:
    await add_up_opens(instance, None)
    # Whoever is told of opens is told of these, too: afterwards nobody knows of them.
    try:
        await instance.running.teller.note()
    except Exception as error:
        # What couldn't be looked at stays; nobody waits for the rest.
        _log.warning("telling_postponed", error=type(error).__name__)
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
        webhooks.delete_removed,
        partial(notices.delete_older, before_us=now_us - _NOTICES_US),
        partial(told_opens.delete_networks, now_us=now_us),
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
        partial(mailed_links.delete_older, before_us=now_us - DAY_US),
        partial(share_attempts.delete_older, before_us=now_us - LINK_WINDOW_US),
        partial(account_events.delete_older, before_us=since_us),
    ):
        while await running.database.write(delete):
            pass
    return 0


async def _delete_uploads(instance: Instance, now_us: int) -> int:
    await instance.owning.resumer.remove_stale(now_us)
    return 0
