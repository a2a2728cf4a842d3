"""A creator's tracks: get one, delete one."""

from __future__ import annotations

import asyncio

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.clock import SECOND_US
from listenlink.errors import Problem, ProblemKind
from listenlink.media.folder import Folder
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls
from listenlink.model.track import Track
from listenlink.store import collection_tracks, tracks
from listenlink.store.database import Database


async def get_track(database: Database, caller: Caller, track_id: int) -> Track:
    """The caller's track. Raises Problem(NOT_FOUND), also for somebody else's."""
    track = await database.read(
        lambda connection: tracks.find_own_track(
            connection, caller.organization_id, caller.user_id, track_id
        )
    )
    if track is None:
        raise Problem(ProblemKind.NOT_FOUND)
    return track


def own_playback_url(urls: PlaybackUrls, track: Track, ttl_seconds: int, now_us: int) -> str:
    """A fresh URL by which the creator hears the track."""
    expires_at = now_us // SECOND_US + ttl_seconds
    return urls.write_own(OwnPlayback(track.creator_id, track.id, expires_at))


async def delete_track(
    database: Database, folder: Folder, caller: Caller, track_id: int, now_us: int
) -> None:
    """Delete the caller's track: out of every collection, its links dark, its bytes gone if no
    other track has them. Raises Problem(NOT_FOUND)."""

    def remove(connection: Connection) -> bytes | None:
        if not tracks.remove_track(
            connection, caller.organization_id, caller.user_id, track_id, now_us
        ):
            raise Problem(ProblemKind.NOT_FOUND)
        collection_tracks.take_track_out(connection, track_id)
        return tracks.discard_unneeded_audio(connection, track_id, now_us)

    digest = await database.write(remove)
    if digest is not None:
        await asyncio.to_thread(remove_discarded, database, folder, [digest])


def remove_discarded(database: Database, folder: Folder, digests: list[bytes]) -> None:
    """Delete the bytes of discarded objects that no new track has taken up."""
    folder.remove_objects(
        digests,
        lambda digest: database.read_now(
            lambda connection: tracks.is_audio_kept(connection, digest)
        ),
    )
