"""A small library put straight into a database: tracks and what was made of them, collections, links."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from listenlink.store import tables

TRACKS = (1, 2, 3, 4)
EVENING, MORNING = 1, 2
TO_EVENING, TO_TRACK = 1, 2


def add_owner(connection: Connection) -> None:
    """Two organisations and two users."""
    for number in (1, 2):
        connection.execute(insert(tables.organizations).values(id=number, name="o", created_at=0))
        connection.execute(
            insert(tables.users).values(id=number, email=f"u{number}@o.example", created_at=0)
        )


def add_track(connection: Connection, number: int, **changes: Any) -> None:
    """A track and its audio, from which everything is made; changes are of either's columns."""
    audio = {
        "id": number,
        "digest": number.to_bytes(32, "big"),
        "size_bytes": 1,
        "content_type": "audio/mpeg",
        "created_at": 0,
        "peaks": bytes(range(100)) * 6,
        "cover_digest": number.to_bytes(32, "little"),
        "cover_small_digest": number.to_bytes(32, "little"),
        "derived_at": 5,
    }
    track = {
        "id": number,
        "organization_id": 1,
        "creator_id": 1,
        "audio_id": number,
        "title": f"Song {number}",
        "artist": "Ana",
        "engine": "studio",
        "mode": "creation",
        "instrumental": False,
        "sample_count": 44_100 * number,
        "sample_rate": 44_100,
        "stamp_class": "personal_only",
        "stamp_version": "2026-01",
        "stamp_requires_attribution": False,
        "stamp_attribution_text": None,
        "declared": None,
        "versions": None,
        "removed_at": None,
        "created_at": 0,
    }
    for table, row in ((tables.audio_objects, audio), (tables.tracks, track)):
        new = {name: value for name, value in changes.items() if name in row}
        connection.execute(insert(table).values(row | new))


def add_mark(connection: Connection, track: int, version: int = 1, **changes: Any) -> None:
    """What is known of how a version was made, and a manifest that says it."""
    mark: dict[str, Any] = {
        "track_id": track,
        "version": version,
        "organization_id": 1,
        "audio_id": track,
    }
    mark |= {"made_with": "studio", "by_engine": 2, "engine": "studio"} | changes
    connection.execute(insert(tables.track_marks).values(mark))
    signed = {"track_id": track, "version": version, "ai": 2, "content": b"c", "made_at": 0}
    connection.execute(insert(tables.manifests).values(signed))


def add_collection(connection: Connection, number: int, *members: int, **changes: Any) -> None:
    """A collection with these tracks in this order."""
    row = {"id": number, "organization_id": 1, "owner_id": 1, "name": "Evening", "created_at": 0}
    row |= {"updated_at": 0, "description": None, "cover_track_id": None} | changes
    connection.execute(insert(tables.collections).values(row))
    for position, track in enumerate(members):
        connection.execute(
            insert(tables.collection_tracks).values(
                collection_id=number, track_id=track, position=position, added_at=0
            )
        )


def add_given_cover(connection: Connection, number: int, **covered: int | bytes | None) -> None:
    """A cover that was given; `track_id` or `collection_id` says to what, digests of None that none is
    shown."""
    digest = number.to_bytes(32, "little")
    row: dict[str, int | bytes | None] = {"id": number, "track_id": None, "collection_id": None}
    row |= {"cover_digest": digest, "cover_small_digest": digest} | covered
    connection.execute(insert(tables.given_covers).values(row))


def add_link(connection: Connection, number: int, **changes: Any) -> None:
    """A link; `track_id` or `collection_id` says to what."""
    row = {"id": number, "token_digest": number.to_bytes(32, "big"), "organization_id": 1}
    row |= {"creator_id": 1, "visibility": "link_only", "created_at": 0, "preview": True} | changes
    connection.execute(insert(tables.shares).values(row))


def add_library(connection: Connection) -> None:
    """Four tracks, the first with a cover that it was given, two of them in one collection and one in
    another, and a link to each kind of thing."""
    add_owner(connection)
    for number in TRACKS:
        add_track(connection, number)
        add_mark(connection, number)
    add_collection(connection, EVENING, 1, 2)
    add_collection(connection, MORNING, 3)
    add_link(connection, TO_EVENING, collection_id=EVENING)
    add_link(connection, TO_TRACK, track_id=1)
    add_given_cover(connection, 1, track_id=1)
