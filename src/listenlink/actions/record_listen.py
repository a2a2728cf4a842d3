"""Record what the player reports of a track of an open: a listen, which is 30 seconds heard, or a quarter
that was reached."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.actions.write_by_link import write_by_link
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.share_token import digest
from listenlink.model.versions import FIRST
from listenlink.store import held_links, listens
from listenlink.store.database.database import Database
from listenlink.store.versions import has_version

# No link and no track have this number: what is asked for without one is looked up all the same.
_NONE = 0


async def record_listen(
    database: Database,
    limits: RateLimits,
    client: ClientAddress,
    token: str,
    session: ListenSession | None,
    track_id: int | None,
    now_us: int,
    tick_us: int,
    quarter: int | None = None,
    version: int | None = None,
) -> None:
    """Count the listen, once for each open (the session's) and track; or, with a `quarter` of 1 to 4, that so
    many quarters of the track were heard, as the furthest of the open. It's of the `version` of the track
    that is said, and of the one that the link leads to if none is, or none that there is.

    Raises Problem(LINK_REFUSED) if the session isn't for this link and its current token, or if the link
    no longer leads to the track; and Problem(LIMITED) once the client has no listen, or no refusal, left.
    """

    share_id = _NONE if session is None else session.share_id

    def find(connection: Connection) -> tuple[int, int, int, int] | None:
        link = held_links.get_of_session_and_track(connection, share_id, track_id or _NONE)
        is_its_token = link.token_digest == digest(token)
        if session is None or link.id is None or link.track_id is None or not is_its_token:
            return None
        if not link.admits(session, now_us):
            return None
        heard = _heard(connection, link.track_id, link.version or FIRST, version)
        return session.open_trace, link.track_id, link.id, heard

    def keep(connection: Connection, listen: tuple[int, int, int, int]) -> None:
        named, heard = listen[:3], listen[3]
        if quarter is None:
            listens.add_listen(connection, *named, now_us, heard)
        else:
            listens.raise_quarter(connection, *named, now_us, quarter, heard)

    await write_by_link(database, limits, client, token, tick_us, find, keep)


def _heard(connection: Connection, track_id: int, led_to: int, said: int | None) -> int:
    """The version that is said, if there is one like that; else the one that is led to."""
    if said is None or said == led_to or not has_version(connection, track_id, said):
        return led_to
    return said
