"""Save a track by link: whoever has a link to a track may add it to their library."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.write_by_link import write_by_link
from listenlink.model import share
from listenlink.model.client_address import ClientAddress
from listenlink.model.share import Share, TargetType
from listenlink.model.share_token import digest, is_well_formed
from listenlink.model.track import Track
from listenlink.store import library, shares, tracks
from listenlink.store.database.database import Database
from listenlink.store.library import Edge


async def save_track(
    database: Database,
    limits: RateLimits,
    caller: Caller,
    client: ClientAddress,
    token: str,
    now_us: int,
    tick_us: int,
) -> Edge:
    """Return the caller's edge to the track; saving again gives the same one. No open is counted.

    Raises Problem(LINK_REFUSED), whatever the reason, and Problem(LIMITED) once the client has no save, or
    no refusal, left: a token can't be guessed here any faster than by opening it.
    """

    def find(connection: Connection) -> tuple[Share, Track] | None:
        link = shares.find_by_token(connection, digest(token)) if is_well_formed(token) else None
        if link is None or not _leads_to_a_track(link, now_us):
            return None
        track = tracks.find_own_track(
            connection, link.organization_id, link.creator_id, link.target_id
        )
        return None if track is None else (link, track)

    def keep(connection: Connection, found: tuple[Share, Track]) -> Edge:
        require_standing(connection, caller)
        link, track = found
        owner = (caller.organization_id, caller.user_id)
        is_own = owner == (track.organization_id, track.creator_id)
        by_link = None if is_own else link.id
        return library.add_edge(connection, *owner, track.id, by_link, now_us)

    return await write_by_link(database, limits, client, token, tick_us, find, keep)


def _leads_to_a_track(link: Share, now_us: int) -> bool:
    if link.target_type is not TargetType.TRACK or share.is_spent(link.opens, link.max_opens):
        return False
    return (
        share.refusal(link.revoked_at, link.starts_at, link.expires_at, link.suspended_at, now_us)
        is None
    )
