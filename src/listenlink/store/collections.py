"""Collections and the order of their tracks."""

from __future__ import annotations

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from listenlink.model.collection import Collection
from listenlink.store import tables
from listenlink.store.database import insert_with_new_id

_COLLECTIONS = tables.collections
_MEMBERS = tables.collection_tracks
_TRACKS = tables.tracks


def add_collection(connection: Connection, collection: Collection) -> int:
    """Insert the collection under a fresh number."""
    values = {
        "organization_id": collection.organization_id,
        "owner_id": collection.owner_id,
        "name": collection.name,
        "description": collection.description,
        "cover_track_id": collection.cover_track_id,
        "cover_image_url": collection.cover_image_url,
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
    }
    return insert_with_new_id(
        connection,
        lambda number: connection.execute(insert(_COLLECTIONS).values(id=number, **values)),
    )


def find_own_collection(
    connection: Connection, organization_id: int, owner_id: int, collection_id: int
) -> Collection | None:
    """A collection for its owner, with its count of tracks; None if deleted or somebody else's."""
    row = connection.execute(
        select(_COLLECTIONS).where(
            _COLLECTIONS.c.id == collection_id,
            _COLLECTIONS.c.organization_id == organization_id,
            _COLLECTIONS.c.owner_id == owner_id,
            _COLLECTIONS.c.removed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else _collection(row, count_tracks(connection, collection_id))


def find_oldest_own_collection(
    connection: Connection, organization_id: int, owner_id: int
) -> int | None:
    """The number of the owner's first collection that is still there."""
    return connection.execute(
        select(_COLLECTIONS.c.id)
        .where(
            _COLLECTIONS.c.organization_id == organization_id,
            _COLLECTIONS.c.owner_id == owner_id,
            _COLLECTIONS.c.removed_at.is_(None),
        )
        .order_by(_COLLECTIONS.c.created_at)
        .limit(1)
    ).scalar()


def count_tracks(connection: Connection, collection_id: int) -> int:
    """How many tracks of the collection are there."""
    counted = (
        select(func.count())
        .select_from(_MEMBERS.join(_TRACKS, _TRACKS.c.id == _MEMBERS.c.track_id))
        .where(_MEMBERS.c.collection_id == collection_id, _TRACKS.c.removed_at.is_(None))
    )
    return connection.execute(counted).scalar_one()


def remove_collection(
    connection: Connection, organization_id: int, owner_id: int, collection_id: int, now_us: int
) -> bool:
    """Delete the owner's collection softly; its tracks stay. Whether there was one."""
    removed = connection.execute(
        update(_COLLECTIONS)
        .where(
            _COLLECTIONS.c.id == collection_id,
            _COLLECTIONS.c.organization_id == organization_id,
            _COLLECTIONS.c.owner_id == owner_id,
            _COLLECTIONS.c.removed_at.is_(None),
        )
        .values(removed_at=now_us)
    )
    return removed.rowcount == 1


def append_track(connection: Connection, collection_id: int, track_id: int, now_us: int) -> bool:
    """Put the track behind the last one; False if it's in the collection already."""
    here = _MEMBERS.c.collection_id == collection_id
    if connection.execute(
        select(_MEMBERS.c.position).where(here, _MEMBERS.c.track_id == track_id)
    ).one_or_none():
        return False
    last = connection.execute(select(func.max(_MEMBERS.c.position)).where(here)).scalar()
    connection.execute(
        insert(_MEMBERS).values(
            collection_id=collection_id,
            track_id=track_id,
            position=0 if last is None else last + 1,
            added_at=now_us,
        )
    )
    connection.execute(
        update(_COLLECTIONS).where(_COLLECTIONS.c.id == collection_id).values(updated_at=now_us)
    )
    return True


def take_track_out(connection: Connection, track_id: int) -> None:
    """Take a deleted track out of every collection it was in."""
    connection.execute(delete(_MEMBERS).where(_MEMBERS.c.track_id == track_id))


def _collection(row: Row[tuple[object, ...]], track_count: int | None) -> Collection:
    return Collection(
        id=row.id,
        organization_id=row.organization_id,
        owner_id=row.owner_id,
        name=row.name,
        description=row.description,
        cover_track_id=row.cover_track_id,
        cover_image_url=row.cover_image_url,
        created_at=row.created_at,
        updated_at=row.updated_at,
        track_count=track_count,
    )
