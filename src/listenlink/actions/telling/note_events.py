"""Note what happened to links, so that who made them is told: afterwards, from what the audit counted, and by
the clock.

What is noted, and up to where the audit was read, is one transaction: so nothing is lost or noted twice.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from listenlink.model import ids
from listenlink.model.moment import moment_of
from listenlink.model.notice import Event, Notice
from listenlink.model.owner import Owner
from listenlink.model.share import Share
from listenlink.store import notices, told_links
from listenlink.store.database.database import Database
from listenlink.store.told_links import ToldLink


async def note_events(database: Database, now_us: int) -> bool:
    """Note what there is to be told now; whether there was so much that there may be more. Raises
    Problem(UNAVAILABLE)."""
    if not await database.read(lambda connection: _is_needed(connection, now_us)):
        return False
    return await database.write(lambda connection: _note(connection, now_us))


def _is_needed(connection: Connection, now_us: int) -> bool:
    """Whether there is anything to write: nearly always there isn't, and opens want the same lock."""
    if told_links.is_behind(connection):
        return True
    if not notices.is_anybody_told(connection):
        return False
    return any(
        (
            told_links.find_opened(connection, now_us),
            told_links.find_ending(connection, now_us),
            told_links.find_ended(connection, now_us),
        )
    )


def _note(connection: Connection, now_us: int) -> bool:
    if not notices.is_anybody_told(connection):
        told_links.skip_opens(connection)
        return False
    opened = told_links.note_opens(connection, now_us)
    _note_spread(connection, opened.spreading, now_us)
    found = [
        _note_each(connection, opened.spent, Event.SPENT, "spent", now_us),
        _note_each(
            connection, told_links.find_opened(connection, now_us), Event.OPENED, "told", now_us
        ),
        _note_each(
            connection, told_links.find_ending(connection, now_us), Event.ENDING, "ending", now_us
        ),
        _note_each(
            connection, told_links.find_ended(connection, now_us), Event.ENDED, "ended", now_us
        ),
    ]
    return bool(opened.lines) or any(found)


def _note_each(
    connection: Connection, links: list[ToldLink], event: Event, what: str, now_us: int
) -> int:
    notices.add_notices(connection, (_notice(link, event, now_us) for link in links), now_us)
    told_links.mark_told(connection, [link.id for link in links], now_us, what)
    return len(links)


def _note_spread(
    connection: Connection, spreading: list[tuple[ToldLink, int]], now_us: int
) -> None:
    for link, bound in spreading:
        if told_links.count_networks(connection, link.id, now_us, bound + 1) > bound:
            notice = _notice(link, Event.SPREAD, now_us, more_networks_than=bound)
            notices.add_notices(connection, [notice], now_us)
            told_links.mark_told(connection, [link.id], now_us, "spread")


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
