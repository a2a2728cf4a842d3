"""What a user has in one organisation, all of it at once: counted, ended, or handed to somebody else.

Each statement is for all rows, so that removing a user is one transaction however much they had.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, select, update

from listenlink.store import promises, tables
from listenlink.store.library import OWN, add_edge

_TRACKS = tables.tracks
_COLLECTIONS = tables.collections
_SHARES = tables.shares
_EDGES = tables.library
_MEMBERS = tables.collection_tracks
_AUDIO = tables.audio_objects
_UPLOADS = tables.resumable_uploads
_ANSWERS = tables.idempotent_answers
_OBJECTS = (
    _AUDIO.c.digest,
    _AUDIO.c.cover_digest,
    _AUDIO.c.cover_small_digest,
    _AUDIO.c.rendition_digest,
)


class Whose(NamedTuple):
    """A user in one organisation."""

    organization_id: int
    user_id: int


class Belongings(NamedTuple):
    """How many tracks and collections exist that a user made, and how many of their links aren't revoked."""

    tracks: int
    collections: int
    links: int


def count_belongings(connection: Connection, whose: Whose) -> Belongings:
    """Count what the user has in the organisation."""
    wanted = (
        (_TRACKS, _own(_TRACKS, whose) & _TRACKS.c.removed_at.is_(None)),
        (_COLLECTIONS, _own(_COLLECTIONS, whose) & _COLLECTIONS.c.removed_at.is_(None)),
        (_SHARES, _own(_SHARES, whose) & _SHARES.c.revoked_at.is_(None)),
    )
    counts = (
        connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
        for table, which in wanted
    )
    return Belongings(*counts)


def end_links(connection: Connection, whose: Whose, now_us: int) -> None:
    """Revoke all of the user's links, and forget what they called them."""
    revoked_at = func.coalesce(_SHARES.c.revoked_at, now_us)
    connection.execute(
        update(_SHARES).where(_own(_SHARES, whose)).values(revoked_at=revoked_at, label=None)
    )


def delete_music(connection: Connection, whose: Whose, now_us: int) -> list[bytes]:
    """Delete the user's tracks and collections as if they had done it, and the texts that they wrote.

    Returns the digests of the stored objects that perhaps nothing needs any more, marked for removal.
    """
    own_tracks = select(_TRACKS.c.id).where(_own(_TRACKS, whose))
    connection.execute(delete(_EDGES).where(_EDGES.c.track_id.in_(own_tracks)))
    connection.execute(delete(_MEMBERS).where(_MEMBERS.c.track_id.in_(own_tracks)))
    connection.execute(
        update(_TRACKS)
        .where(_own(_TRACKS, whose))
        .values(removed_at=func.coalesce(_TRACKS.c.removed_at, now_us), title="", artist=None)
    )
    connection.execute(
        update(_COLLECTIONS)
        .where(_own(_COLLECTIONS, whose))
        .values(
            removed_at=func.coalesce(_COLLECTIONS.c.removed_at, now_us),
            name="",
            description=None,
            cover_image_url=None,
        )
    )
    return _discard_audio(connection, whose, now_us)


def _discard_audio(connection: Connection, whose: Whose, now_us: int) -> list[bytes]:
    theirs = select(_TRACKS.c.audio_id).where(_own(_TRACKS, whose))
    needed = exists().where(_TRACKS.c.audio_id == _AUDIO.c.id, _TRACKS.c.removed_at.is_(None))
    which = _AUDIO.c.id.in_(theirs) & ~needed & _AUDIO.c.discarded_at.is_(None)
    rows = connection.execute(select(*_OBJECTS).where(which)).all()
    connection.execute(update(_AUDIO).where(which).values(discarded_at=now_us))
    return [digest for row in rows for digest in row if digest is not None]


def hand_over(connection: Connection, whose: Whose, heir_id: int, now_us: int) -> None:
    """Make everything another user's: what exists, and what was deleted or revoked before. The tracks are in
    that user's library then, or nobody would find them."""
    for table, owner in (
        (_TRACKS, "creator_id"),
        (_COLLECTIONS, "owner_id"),
        (_SHARES, "creator_id"),
    ):
        connection.execute(update(table).where(_own(table, whose)).values({owner: heir_id}))
    heirs = Whose(whose.organization_id, heir_id)
    made = (
        select(_TRACKS.c.id).where(_own(_TRACKS, heirs), _TRACKS.c.removed_at.is_(None)).subquery()
    )
    there = _edges_of(heirs) & _EDGES.c.track_id.in_(select(made.c.id))
    # What they had saved by a link is their own now.
    connection.execute(update(_EDGES).where(there).values(source=OWN, share_id=None))
    already = select(_EDGES.c.track_id).where(_edges_of(heirs)).scalar_subquery()
    theirs = _edges_of(whose) & (_EDGES.c.source == OWN) & _EDGES.c.track_id.not_in(already)
    connection.execute(update(_EDGES).where(theirs).values(user_id=heir_id))
    missing = connection.execute(select(made.c.id).where(made.c.id.not_in(already))).scalars().all()
    for track_id in missing:
        add_edge(connection, *heirs, track_id, None, now_us)


def forget_rest(connection: Connection, whose: Whose) -> list[int]:
    """Delete the user's library, begun uploads and kept answers; return the numbers of those uploads."""
    connection.execute(delete(_EDGES).where(_edges_of(whose)))
    own = (_UPLOADS.c.organization_id == whose.organization_id) & (
        _UPLOADS.c.user_id == whose.user_id
    )
    begun = connection.execute(select(_UPLOADS.c.id).where(own)).scalars().all()
    for number in begun:
        promises.remove_promise(connection, number)
    connection.execute(delete(_UPLOADS).where(own))
    connection.execute(
        delete(_ANSWERS).where(
            _ANSWERS.c.organization_id == whose.organization_id,
            _ANSWERS.c.user_id == whose.user_id,
        )
    )
    return list(begun)


def _own(table: Table, whose: Whose) -> ColumnElement[bool]:
    owner = table.c.owner_id if table is _COLLECTIONS else table.c.creator_id
    return (table.c.organization_id == whose.organization_id) & (owner == whose.user_id)


def _edges_of(whose: Whose) -> ColumnElement[bool]:
    return (_EDGES.c.organization_id == whose.organization_id) & (_EDGES.c.user_id == whose.user_id)
