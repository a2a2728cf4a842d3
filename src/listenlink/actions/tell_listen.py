"""Tell of a listen: the player says that a track of an open was heard for 30 seconds or more."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.limit_clients import ClientLimits, raise_refused
from listenlink.model import share
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.share import Share, TargetType
from listenlink.model.share_token import digest, is_well_formed
from listenlink.store import listens, shares
from listenlink.store.database import Database


async def tell_listen(
    database: Database,
    limits: ClientLimits,
    client: ClientAddress,
    token: str,
    session: ListenSession | None,
    track_id: int | None,
    now_us: int,
    tick_us: int,
) -> None:
    """Count the listen, once for the session's open and the track.

    Raises Problem(LINK_REFUSED) if the session isn't of this link and its present token, or the link
    doesn't lead to the track any more; and Problem(LIMITED) once the client has no refusal left.
    """

    def note(connection: Connection) -> bool:
        link = shares.find_by_token(connection, digest(token)) if is_well_formed(token) else None
        if link is None or session is None or track_id is None:
            return False
        if (session.share_id, session.rotation) != (link.id, link.rotation):
            return False
        if share.refusal(link.revoked_at, link.starts_at, link.expires_at, now_us) is not None:
            return False
        if not _leads_to(connection, link, track_id):
            return False
        listens.add_listen(connection, session.open_trace, track_id, link.id, now_us)
        return True

    if not await database.write(note):
        await raise_refused(limits, client, token, tick_us)


def _leads_to(connection: Connection, link: Share, track_id: int) -> bool:
    if not listens.is_track_there(connection, track_id):
        return False
    if link.target_type is TargetType.TRACK:
        return link.target_id == track_id
    return listens.is_member(connection, link.target_id, track_id)
