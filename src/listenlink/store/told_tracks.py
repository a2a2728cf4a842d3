"""Tracks whose owners want to be told of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select

from listenlink.model.owner import Owner
from listenlink.store import notices, tables

_TRACKS = tables.tracks


class ToldTrack(NamedTuple):
    """A track as far as its owner is told of it."""

    id: int
    owner: Owner


def list_told(connection: Connection, audio_id: int) -> list[ToldTrack]:
    """Those with this audio."""
    return _find(connection, _TRACKS.c.audio_id == audio_id)


def find_told(connection: Connection, track_id: int) -> ToldTrack | None:
    """The track with this number, None if its owner doesn't want to be told."""
    return next(iter(_find(connection, _TRACKS.c.id == track_id)), None)


def is_ready(connection: Connection, track_id: int) -> bool:
    """Whether all is made of the track's audio."""
    audio = tables.audio_objects
    asked = select(audio.c.derived_at).join(_TRACKS, _TRACKS.c.audio_id == audio.c.id)
    return connection.execute(asked.where(_TRACKS.c.id == track_id)).scalar_one() is not None


def _find(connection: Connection, wanted: ColumnElement[bool]) -> list[ToldTrack]:
    rows = connection.execute(
        select(_TRACKS.c.id, _TRACKS.c.organization_id, _TRACKS.c.creator_id).where(
            wanted, _TRACKS.c.removed_at.is_(None)
        )
    )
    tracks = [ToldTrack(number, Owner(*whose)) for number, *whose in rows]
    is_told = {owner: notices.is_told(connection, owner) for owner in {t.owner for t in tracks}}
    return [track for track in tracks if is_told[track.owner]]
