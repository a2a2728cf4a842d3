"""Tracks with what is known of how they were made, as the versions that they're read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from listenlink.model.track import Track
from listenlink.store.manifests import find_signed
from listenlink.store.marks import find_marks


def marked(connection: Connection, tracks: Sequence[Track]) -> list[Track]:
    """The same tracks, of which none is there twice, with their marks."""
    versions = {track.id: track.version for track in tracks}
    if not versions:
        return []
    marks, signed = find_marks(connection, versions), find_signed(connection, versions)
    return [
        replace(track, mark=marks[track.id], signed=signed.get(track.id, track.signed))
        for track in tracks
    ]


def marked_one(connection: Connection, track: Track) -> Track:
    """The same of one."""
    (found,) = marked(connection, [track])
    return found
