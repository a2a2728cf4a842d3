"""A creator's tracks: play one, delete one. For what is in a library see `actions/manage_library.py`."""

from __future__ import annotations

import contextlib

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller, write_as
from listenlink.actions.manage_library import get_made
from listenlink.clock import SECOND_US
from listenlink.errors import Problem
from listenlink.media.signed_url import OwnPlayback, PlaybackUrls
from listenlink.media.storage import MediaUrls, Storage
from listenlink.model.cover import Covered
from listenlink.model.mark import Ai
from listenlink.model.track import Track
from listenlink.store import (
    collection_tracks,
    given_covers,
    kept_audio,
    library,
    stored_objects,
    tracks,
)
from listenlink.store.database.database import BUSY_AFTER_SECONDS, Database


def own_playback_url(
    urls: PlaybackUrls,
    media_urls: MediaUrls | None,
    user_id: int,
    track: Track,
    ttl_seconds: int,
    now_us: int,
) -> str:
    """Return a fresh URL with which this user can play the track."""
    now_seconds = now_us // SECOND_US
    expires_at = now_seconds + ttl_seconds
    if media_urls is None or track.object_digest is None:
        return urls.write_own(OwnPlayback(user_id, track.id, expires_at, track.version))
    return media_urls.playback_urls([track.object_digest], now_seconds, expires_at)[0]


def own_manifest_url(
    urls: PlaybackUrls, user_id: int, track: Track, ttl_seconds: int, now_us: int
) -> str | None:
    """Return a fresh URL of what this server signed of the track, for the same user; None if that's
    nothing."""
    if track.signed is Ai.NONE:
        return None
    expires_at = now_us // SECOND_US + ttl_seconds
    return urls.write_own_manifest(OwnPlayback(user_id, track.id, expires_at, track.version))


async def delete_track(
    database: Database, storage: Storage, caller: Caller, track_id: int, now_us: int
) -> None:
    """Delete the caller's track: it leaves every collection and library, its links go dark, and its bytes go
    unless another track has them. Raises Problem(NOT_FOUND), and Problem(INSUFFICIENT_PERMISSIONS) for a
    user who only saved it."""

    def remove(connection: Connection) -> list[bytes]:
        get_made(connection, caller, track_id)
        tracks.remove_track(connection, *caller.owner, track_id, now_us)
        library.remove_from_all(connection, track_id)
        collection_tracks.take_track_out(connection, track_id)
        covers = given_covers.take_back(connection, Covered(track_id=track_id))
        audio = kept_audio.find_audio(connection, track_id)
        return covers + kept_audio.discard_unneeded(connection, audio, now_us)

    await discard_objects(database, storage, await write_as(database, caller, remove))


async def discard_objects(database: Database, storage: Storage, digests: list[bytes]) -> None:
    """Delete the bytes of objects whose rows have just gone. What they were of is gone, whatever becomes of
    the bytes: if it can't be done now, they go as soon as it can."""
    if digests:
        try:
            await storage.carry_out(remove_discarded, database, storage, digests)
        except Problem:
            storage.has_leftovers = True


def remove_discarded(database: Database, storage: Storage, digests: list[bytes]) -> None:
    """Delete the bytes of discarded objects that nothing new has come to use."""
    # Read before: a note that is made while this goes on is of something else.
    noted = database.read_now(given_covers.list_dropped)
    ours = set(digests)
    done = [number for number, digest in noted.items() if digest in ours]
    storage.remove_objects(digests, lambda digest: _is_kept(database, digest))
    if done and not storage.has_leftovers:
        with contextlib.suppress(Problem):  # The next start looks again.
            database.write_now(
                lambda connection: given_covers.forget_dropped(connection, done),
                within_seconds=BUSY_AFTER_SECONDS,
            )


def remove_leftovers(database: Database, storage: Storage) -> None:
    """Delete what couldn't be deleted when it should have been. Raises Problem if it still can't be."""
    storage.remove_leftovers(lambda digest: _is_kept(database, digest))
    remove_discarded(database, storage, database.read_now(stored_objects.list_discarded))


def _is_kept(database: Database, digest: bytes) -> bool:
    return database.read_now(
        lambda connection: tracks.is_object_kept(connection, digest),
        within_seconds=BUSY_AFTER_SECONDS,
    )
