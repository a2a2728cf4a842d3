"""Record a listen: the player reports that a track of an open was heard for 30 seconds or more."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.write_by_link import write_by_link
from listenlink.model import share
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.share import Share, TargetType
from listenlink.model.share_token import digest, is_well_formed
from listenlink.store import listens, shares
from listenlink.store.database.database import Database


async def record_listen(
    database: Database,
    limits: RateLimits,
    client: ClientAddress,
    token: str,
    session: ListenSession | None,
    track_id: int | None,
    now_us: int,
    tick_us: int,
) -> None:
    """Count the listen, once for each open (the session's) and track.

    Raises Problem(LINK_REFUSED) if the session isn't for this link and its current token, or if the link
    no longer leads to the track; and Problem(LIMITED) once the client has no listen, or no refusal,
    left.
    """

    def find(connection: Connection) -> tuple[int, int, int] | None:
        link = shares.find_by_token(connection, digest(token)) if is_well_formed(token) else None
        if link is None or session is None or track_id is None:
            return None
        if (session.share_id, session.rotation) != (link.id, link.rotation):
            return None
        reason = share.refusal(
            link.revoked_at, link.starts_at, link.expires_at, link.suspended_at, now_us
        )
        if reason is not None:
            return None
        if not _leads_to(connection, link, track_id):
            return None
        return session.open_trace, track_id, link.id

    def keep(connection: Connection, listen: tuple[int, int, int]) -> None:
        listens.add_listen(connection, *listen, now_us)

    await write_by_link(database, limits, client, token, tick_us, find, keep)


def _leads_to(connection: Connection, link: Share, track_id: int) -> bool:
    if not listens.is_track_there(connection, track_id):
        return False
    if link.target_type is TargetType.TRACK:
        return link.target_id == track_id
    return listens.is_member(connection, link.target_id, track_id)
