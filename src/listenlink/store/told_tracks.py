"""Tracks whose owners want to be told of them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from listenlink.model.owner import Owner
from listenlink.store import notices, tables

_TRACKS = tables.tracks


class ToldTrack(NamedTuple):
    """A track as far as its owner is told of it."""

    id: int
    owner: Owner


def list_told(connection: Connection, audio_id: int) -> list[ToldTrack]:
    """Those with this audio."""
    rows = connection.execute(
        select(_TRACKS.c.id, _TRACKS.c.organization_id, _TRACKS.c.creator_id).where(
            _TRACKS.c.audio_id == audio_id, _TRACKS.c.removed_at.is_(None)
        )
    )
    tracks = [ToldTrack(number, Owner(*whose)) for number, *whose in rows]
    wanted = {owner: notices.is_told(connection, owner) for owner in {t.owner for t in tracks}}
    return [track for track in tracks if wanted[track.owner]]
