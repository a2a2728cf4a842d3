"""Save a track by link: whoever has a link to a track may add it to their library."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, require_standing
from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.write_by_link import write_by_link
from listenlink.model.client_address import ClientAddress
from listenlink.model.library import Edge
from listenlink.model.share_token import digest, is_well_formed
from listenlink.store import held_links, library
from listenlink.store.database.database import Database
from listenlink.store.held_links import HeldLink


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

    def find(connection: Connection) -> tuple[HeldLink, int] | None:
        link = held_links.get_of_token(connection, digest(token))
        works = link.refusal(now_us) is None and not link.is_spent()
        if link.track_id is None or not works or not is_well_formed(token):
            return None
        return link, link.track_id

    def keep(connection: Connection, found: tuple[HeldLink, int]) -> Edge:
        require_standing(connection, caller)
        link, track_id = found
        by_link = None if caller.owner == (link.organization_id, link.creator_id) else link.id
        return library.add_edge(connection, *caller.owner, track_id, by_link, now_us)

    return await write_by_link(database, limits, client, token, tick_us, find, keep)
