"""Note what happened to tracks, in the transaction in which it happens."""

from __future__ import annotations

from sqlalchemy import Connection

from listenlink.model import ids
from listenlink.model.notice import Event, Notice
from listenlink.store import notices, told_tracks
from listenlink.store.told_tracks import ToldTrack


def note_ready(connection: Connection, audio_id: int, now_us: int) -> None:
    """Note of every track with this audio, whose owner wants to be told, that all is made of it now."""
    told = [
        _notice(track, Event.READY, now_us) for track in told_tracks.list_told(connection, audio_id)
    ]
    notices.add_notices(connection, told, now_us)


def note_ready_already(connection: Connection, track_id: int, now_us: int) -> None:
    """Note the same of a new track if somebody had its audio already, of which nothing is left to make."""
    track = told_tracks.find_told(connection, track_id)
    if track is not None and told_tracks.is_ready(connection, track_id):
        notices.add_notices(connection, [_notice(track, Event.READY, now_us)], now_us)


def note_replaced(connection: Connection, track_id: int, version: int, now_us: int) -> None:
    """Note of a track that another version is current, if its owner wants to be told."""
    track = told_tracks.find_told(connection, track_id)
    if track is not None:
        notice = _notice(track, Event.REPLACED, now_us, version=version)
        notices.add_notices(connection, [notice], now_us)


def _notice(track: ToldTrack, event: Event, now_us: int, **more: int) -> Notice:
    facts = {"track_id": ids.public_id(ids.TRACK, track.id), **more}
    return Notice(track.owner, event, now_us, facts, track_id=track.id)
