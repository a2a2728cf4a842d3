"""Libraries: which tracks a user has, whether they made them or saved them from a link.

A track that its creator deletes leaves every library, so an edge always leads to a track that exists.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, Select, and_, case, delete, func, insert, select

from listenlink.model.library import OWN, SHARED, Edge, Wanted
from listenlink.model.listing import Found, Slice, found
from listenlink.model.owner import Owner
from listenlink.model.track import Track
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.marked_tracks import marked, marked_one
from listenlink.store.own import own
from listenlink.store.slices import newest_first
from listenlink.store.tracks import PLAYED, PLAYED_OF_VERSION, track_of

_EDGES = tables.library
_TRACKS = tables.tracks
_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections
_SHARES = tables.shares
# For whoever saved it by a link that isn't known any more, all that was ever declared holds.
_LONG_AGO = 0
# When the link was made that a track was saved by; null for its creator, who needs none.
_MADE_AT = case(
    (
        and_(
            _TRACKS.c.organization_id == _EDGES.c.organization_id,
            _TRACKS.c.creator_id == _EDGES.c.user_id,
        ),
        None,
    ),
    else_=func.coalesce(_SHARES.c.created_at, _LONG_AGO),
)


def find_edge(
    connection: Connection, organization_id: int, user_id: int, track_id: int
) -> Edge | None:
    """Return the edge to this track, or None if it isn't in the library."""
    row = connection.execute(
        select(_EDGES).where(own(_EDGES, organization_id, user_id), _EDGES.c.track_id == track_id)
    ).one_or_none()
    if row is None:
        return None
    return Edge(row.id, row.track_id, row.source, row.share_id, row.created_at)


def add_edge(
    connection: Connection,
    organization_id: int,
    user_id: int,
    track_id: int,
    share_id: int | None,
    now_us: int,
) -> Edge:
    """Return the edge to this track, existing or new. Without a link it's one of the user's own tracks."""
    present = find_edge(connection, organization_id, user_id, track_id)
    if present is not None:
        return present
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "track_id": track_id,
        "source": OWN if share_id is None else SHARED,
        "share_id": share_id,
        "created_at": now_us,
    }
    number = insert_with_new_id(
        connection, lambda number: connection.execute(insert(_EDGES).values(id=number, **values))
    )
    return Edge(number, track_id, str(values["source"]), share_id, now_us)


def remove_edge(connection: Connection, organization_id: int, user_id: int, track_id: int) -> None:
    """Take the track out of this library, if it's there."""
    connection.execute(
        delete(_EDGES).where(own(_EDGES, organization_id, user_id), _EDGES.c.track_id == track_id)
    )


def remove_from_all(connection: Connection, track_id: int) -> None:
    """Take a deleted track out of every library."""
    connection.execute(delete(_EDGES).where(_EDGES.c.track_id == track_id))


def find_track(
    connection: Connection, organization_id: int, user_id: int, track_id: int
) -> Track | None:
    """Return a track that is in the library or that the user made, with its mark; None for any other or a
    deleted one."""
    track = _find_track(connection, organization_id, user_id, track_id)
    return None if track is None else marked_one(connection, track)


def _find_track(
    connection: Connection, organization_id: int, user_id: int, track_id: int
) -> Track | None:
    row = connection.execute(
        PLAYED.where(_TRACKS.c.id == track_id, _TRACKS.c.removed_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    track = track_of(row)
    if (track.organization_id, track.creator_id) == (organization_id, user_id):
        return track
    edge = find_edge(connection, organization_id, user_id, track_id)
    if edge is None:
        return None
    shared = select(_SHARES.c.created_at, _SHARES.c.is_pinned).where(_SHARES.c.id == edge.share_id)
    by_link = connection.execute(shared).one_or_none()
    made_at, is_pinned = (_LONG_AGO, False) if by_link is None else by_link
    saved = _as_saved(replace(track, link_made_at=made_at), is_pinned)
    if saved is None or saved.version == track.version or saved.object_digest is None:
        return saved
    digest = connection.execute(PLAYED_OF_VERSION, {"track": track_id, "version": saved.version})
    return replace(saved, object_digest=digest.scalar())


def _as_saved(track: Track, is_pinned: bool | None) -> Track | None:
    """As the link leads to it by which it was saved; None if that is pinned to what was removed for good."""
    if not is_pinned or track.link_made_at is None or track.versions is None:
        return track
    shown = track.versions.shown(track.link_made_at, is_pinned=True)
    return None if shown.is_removed else track.of(shown)


def _wanted(whose: Owner, wanted: Wanted) -> Select[tuple[int]]:
    """The edges of a user's library whose tracks are wanted; none for somebody else's collection."""
    edges = select(_EDGES.c.id).where(own(_EDGES, *whose))
    if wanted.mode is not None or wanted.engine is not None:
        edges = edges.join(_TRACKS, _TRACKS.c.id == _EDGES.c.track_id)
    if wanted.mode is not None:
        edges = edges.where(_TRACKS.c.mode == wanted.mode)
    if wanted.engine is not None:
        edges = edges.where(_TRACKS.c.engine == wanted.engine)
    if wanted.collection_id is not None:
        edges = (
            edges.join(_MEMBERS, _MEMBERS.c.track_id == _EDGES.c.track_id)
            .join(_COLLECTIONS, _COLLECTIONS.c.id == _MEMBERS.c.collection_id)
            .where(
                _COLLECTIONS.c.id == wanted.collection_id,
                own(_COLLECTIONS, *whose),
                _COLLECTIONS.c.removed_at.is_(None),
            )
        )
    return edges


def list_tracks(
    connection: Connection,
    organization_id: int,
    user_id: int,
    wanted: Wanted,
    part: Slice,
) -> Found[Track]:
    """List a slice of the library's tracks, newest first; none for somebody else's collection."""
    edges = _wanted(Owner(organization_id, user_id), wanted)
    # Rows before the slice are skipped in the index alone; only the rows of the slice are read.
    page = newest_first(edges, _EDGES, part).subquery()
    rows = connection.execute(
        select(
            _TRACKS,
            _EDGES.c.created_at.label("kept_at"),
            _EDGES.c.id.label("edge_id"),
            _MADE_AT.label("link_made_at"),
            _SHARES.c.is_pinned,
        )
        .join(_EDGES, _EDGES.c.track_id == _TRACKS.c.id)
        .join(page, page.c.id == _EDGES.c.id)
        .outerjoin(_SHARES, _SHARES.c.id == _EDGES.c.share_id)
        .order_by(_EDGES.c.created_at.desc(), _EDGES.c.id.desc())
    ).all()
    listed = found(
        rows,
        part,
        lambda row: _as_saved(track_of(row), row.is_pinned),
        lambda row: (row.kept_at, row.edge_id),
    )
    there = [track for track in listed.items if track is not None]
    return Found(marked(connection, there), listed.place)
