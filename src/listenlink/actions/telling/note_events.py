"""Note what happened to links, so that who made them is told: afterwards, from what the audit counted, and by
the clock.

What is noted, and that it was, is one transaction: so nothing is lost or noted twice. Each has one kind of
news of a few links, and is followed by a pause: opens want the same lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection

from listenlink.errors import Problem
from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner
from listenlink.model.share import Share
from listenlink.store import notices, told_links, told_opens
from listenlink.store.database.database import Database
from listenlink.store.told_links import ToldLink

# With as many webhooks as somebody may have that is five hundred deliveries.
_LINKS_PER_STEP = 25
_PAUSE_SECONDS = 0.02


class _Step(NamedTuple):
    """Whether there is anything to write, which nearly always there isn't; and what writes some of it."""

    is_needed: Callable[[Connection, int], bool]
    note: Callable[[Connection, int], None]


async def note_events(database: Database, now_us: int) -> bool:
    """Note some of what there is to be told now; whether there may be more. Raises Problem(UNAVAILABLE), but
    what of one kind can't be noted keeps no other from being noted."""
    needed = await database.read(
        lambda connection: [step for step in _STEPS if step.is_needed(connection, now_us)]
    )
    failures: list[Problem] = []
    for step in needed:
        try:
            await database.write(partial(_note_some, step, now_us))
        except Problem as problem:
            failures.append(problem)
        await asyncio.sleep(_PAUSE_SECONDS)
    if failures:
        raise failures[0]
    return bool(needed)


def _note_some(step: _Step, now_us: int, connection: Connection) -> None:
    step.note(connection, now_us)


def _is_behind(connection: Connection, _: int) -> bool:
    return told_opens.is_behind(connection)


def _note_opens(connection: Connection, now_us: int) -> None:
    if notices.is_anybody_told(connection):
        told_opens.note_opens(connection, now_us)
    else:
        told_opens.skip_opens(connection)


def _has_ended(connection: Connection, now_us: int) -> bool:
    return notices.is_anybody_told(connection) and (
        bool(told_links.find_ended(connection, now_us, 1))
        or told_links.is_long_since_ends(connection, now_us)
    )


def _note_ended(connection: Connection, now_us: int) -> None:
    ended = told_links.find_ended(connection, now_us, _LINKS_PER_STEP)
    _note(connection, ended, Event.ENDED, "ended", now_us)
    if len(ended) < _LINKS_PER_STEP:
        told_links.note_ends(connection, now_us)


def _has_spread(connection: Connection, now_us: int) -> bool:
    return bool(told_links.find_spread(connection, now_us, 1))


def _note_spread(connection: Connection, now_us: int) -> None:
    spread = told_links.find_spread(connection, now_us, _LINKS_PER_STEP)
    told = [
        _notice(link, Event.SPREAD, now_us, more_networks_than=bound)
        for link, bound in spread
        if bound is not None
    ]
    notices.add_notices(connection, told, now_us)
    told_links.mark_told(connection, [link.id for link, _ in spread], now_us, "spread")


def _step(find: Callable[[Connection, int, int], list[ToldLink]], event: Event, what: str) -> _Step:
    def is_needed(connection: Connection, now_us: int) -> bool:
        return bool(find(connection, now_us, 1)) and notices.is_anybody_told(connection)

    def note(connection: Connection, now_us: int) -> None:
        _note(connection, find(connection, now_us, _LINKS_PER_STEP), event, what, now_us)

    return _Step(is_needed, note)


def _note(
    connection: Connection, links: list[ToldLink], event: Event, what: str, now_us: int
) -> None:
    notices.add_notices(connection, [_notice(link, event, now_us) for link in links], now_us)
    told_links.mark_told(connection, [link.id for link in links], now_us, what)


_STEPS = (
    _Step(_is_behind, _note_opens),
    _step(told_links.find_spent, Event.SPENT, "spent"),
    _step(told_links.find_opened, Event.OPENED, "told"),
    _step(told_links.find_ending, Event.ENDING, "ending"),
    _Step(_has_ended, _note_ended),
    _Step(_has_spread, _note_spread),
)


def note_ended(connection: Connection, share: Share, now_us: int) -> None:
    """Note that a link was closed, in the transaction that closes it."""
    if notices.is_told(connection, Owner(share.organization_id, share.creator_id)):
        link = told_links.get_link(connection, share.id)
        notices.add_notices(connection, [_notice(link, Event.ENDED, now_us)], now_us)
        told_links.mark_told(connection, [link.id], now_us, "ended")


def _notice(link: ToldLink, event: Event, now_us: int, **more: Any) -> Notice:
    target = (
        {"target_type": "track", "target_id": ids.public_id(ids.TRACK, link.track_id)}
        if link.track_id is not None
        else {
            "target_type": "collection",
            "target_id": ids.public_id(ids.COLLECTION, link.collection_id or 0),
        }
    )
    facts: dict[str, Any] = {
        "link_id": ids.public_id(ids.SHARE, link.id),
        "label": link.label,
        **target,
        "opens": link.opens,
        "max_opens": link.max_opens,
    }
    if event is Event.OPENED:
        facts["new_opens"] = link.waiting
        facts["last_opened_at"] = None if link.opened_at is None else moment_of(link.opened_at)
    if link.expires_at is not None:
        facts["expires_at"] = moment_of(link.expires_at)
    return Notice(link.owner, event, now_us, facts | more, link.id, link.track_id)
