"""Save a track by link: whoever has a link to a track may add it to their library."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing
from listenlink.actions.open_link import LinkOpener, Opening, OpenRequest
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.opening.rule import session_holds, why_locked
from listenlink.actions.write_by_link import write_by_link
from listenlink.model.library import Edge
from listenlink.store import held_links, library
from listenlink.store.database.database import Database
from listenlink.store.held_links import HeldLink


class _Locked(Exception):
    """The link has a password, and the request comes with neither a session nor an unlock of it."""


async def save_track(
    database: Database,
    limits: RateLimits,
    opener: LinkOpener,
    caller: Caller,
    asked: OpenRequest,
    token: str,
) -> tuple[Edge | None, Opening | None]:
    """Return the caller's edge to the track; saving again gives the same one. No open is counted. And, where
    a password is asked for, how a look at the link ends: without an edge if that lets nobody in.

    Raises Problem(LINK_REFUSED), whatever the reason, and Problem(LIMITED) once the client has no save, or
    no refusal, left: a token can't be guessed here any faster than by opening it.
    """

    def find(connection: Connection) -> tuple[HeldLink, int] | None:
        link = held_links.get_of_token(connection, asked.token_digest)
        works = link.refusal(asked.now_us) is None and not link.is_spent()
        if link.id is None or link.track_id is None or not works or not asked.is_well_formed:
            return None
        if link.has_password and _is_locked_out(asked, link.id, link):
            raise _Locked
        return link, link.track_id

    def keep(connection: Connection, found: tuple[HeldLink, int]) -> Edge:
        require_standing(connection, caller)
        link, track = found
        by_link = None if caller.owner == (link.organization_id, link.creator_id) else link.id
        return library.add_edge(connection, *caller.owner, track, by_link, asked.now_us)

    parts = (database, limits, asked.client, token, asked.tick_us, find, keep)
    if (edge := await _unless_locked(*parts)) is not None:
        return edge, None
    # Refused, audited and paid for as at every other door, or let in by the right password.
    opening = await opener.open(asked)
    if opening.unlock is None:
        return None, opening
    asked = replace(asked, unlock=opening.unlock, password="")
    edge = await _unless_locked(*parts)  # None if the password was changed in this very moment.
    return edge, opening if edge is not None else await opener.open(asked)


async def _unless_locked(*parts: Any) -> Edge | None:
    """The edge as `write_by_link` writes it; None if the link is locked."""
    try:
        edge: Edge = await write_by_link(*parts)
    except _Locked:
        return None
    return edge


def _is_locked_out(asked: OpenRequest, share_id: int, link: HeldLink) -> bool:
    return (
        not session_holds(asked, share_id, link) and why_locked(asked, share_id, link) is not None
    )
