"""A creator's tracks: hear one, delete one. What is in a library is `actions/manage_library.py`."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.manage_library import require_creator
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.folder import Folder
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls
from listenlink.store import collection_tracks, library, tracks
from listenlink.store.database import Database


def own_playback_url(
    urls: PlaybackUrls, user_id: int, track_id: int, ttl_seconds: int, now_us: int
) -> str:
    """A fresh URL by which this user hears the track."""
    expires_at = now_us // SECOND_US + ttl_seconds
    return urls.write_own(OwnPlayback(user_id, track_id, expires_at))


async def delete_track(
    database: Database, folder: Folder, caller: Caller, track_id: int, now_us: int
) -> None:
    """Delete the caller's track: out of every collection and library, its links dark, its bytes gone if no
    other track has them. Raises Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS) for one
    who only saved it."""

    def remove(connection: Connection) -> list[bytes]:
        owner = (caller.organization_id, caller.user_id)
        track = library.find_track(connection, *owner, track_id)
        if track is None:
            raise Problem(ProblemKind.NOT_FOUND)
        require_creator(track, caller)
        tracks.remove_track(connection, *owner, track_id, now_us)
        library.remove_from_all(connection, track_id)
        collection_tracks.take_track_out(connection, track_id)
        return tracks.discard_unneeded_audio(connection, track_id, now_us)

    digests = await database.write(remove)
    if digests:
        await asyncio.to_thread(remove_discarded, database, folder, digests)


def remove_discarded(database: Database, folder: Folder, digests: list[bytes]) -> None:
    """Delete the bytes of discarded objects that no new track has taken up."""
    folder.remove_objects(
        digests,
        lambda digest: database.read_now(
            lambda connection: tracks.is_object_kept(connection, digest)
        ),
    )
