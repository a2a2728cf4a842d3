"""Collections. For what is in them see `store/collection_tracks.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, insert, select, update

from listenlink.model.collection import Collection
from listenlink.model.listing import Found, Slice, found
from listenlink.store import tables
from listenlink.store.collection_tracks import count_tracks, count_tracks_of
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own
from listenlink.store.slices import newest_first, place_of

_COLLECTIONS = tables.collections


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
    """Return the owner's collection with its number of tracks; None if deleted or somebody else's."""
    row = connection.execute(
        select(_COLLECTIONS).where(
            _COLLECTIONS.c.id == collection_id,
            own(_COLLECTIONS, organization_id, owner_id),
            _COLLECTIONS.c.removed_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else _collection(row, count_tracks(connection, collection_id))


def list_own_named(
    connection: Connection, organization_id: int, owner_id: int, name: str
) -> list[tuple[int, bool]]:
    """List the owner's collections of this name, the oldest first: numbers, and whether they still exist."""
    rows = connection.execute(
        select(_COLLECTIONS.c.id, _COLLECTIONS.c.removed_at)
        .where(
            own(_COLLECTIONS, organization_id, owner_id),
            _COLLECTIONS.c.name == name,
        )
        .order_by(_COLLECTIONS.c.created_at)
    )
    return [(row.id, row.removed_at is None) for row in rows]


def remove_collection(
    connection: Connection, organization_id: int, owner_id: int, collection_id: int, now_us: int
) -> bool:
    """Soft-delete the owner's collection; its tracks stay. Return whether there was one."""
    removed = connection.execute(
        update(_COLLECTIONS)
        .where(
            _COLLECTIONS.c.id == collection_id,
            own(_COLLECTIONS, organization_id, owner_id),
            _COLLECTIONS.c.removed_at.is_(None),
        )
        .values(removed_at=now_us)
    )
    return removed.rowcount == 1


def list_own_collections(
    connection: Connection, organization_id: int, owner_id: int, part: Slice
) -> Found[Collection]:
    """List a slice of the owner's collections, newest first, without counting their tracks."""
    theirs = select(_COLLECTIONS).where(
        own(_COLLECTIONS, organization_id, owner_id), _COLLECTIONS.c.removed_at.is_(None)
    )
    rows = connection.execute(newest_first(theirs, _COLLECTIONS, part)).all()
    return found(rows, part, lambda row: _collection(row, None), place_of)


def list_own_names(
    connection: Connection, organization_id: int, owner_id: int
) -> list[tuple[int, str]]:
    """List all of the owner's collections that exist, newest first: numbers and names."""
    theirs = own(_COLLECTIONS, organization_id, owner_id) & _COLLECTIONS.c.removed_at.is_(None)
    rows = connection.execute(
        select(_COLLECTIONS.c.id, _COLLECTIONS.c.name)
        .where(theirs)
        .order_by(_COLLECTIONS.c.created_at.desc(), _COLLECTIONS.c.id.desc())
    )
    return [(row.id, row.name) for row in rows]


def list_by_number(connection: Connection, numbers: Sequence[int]) -> list[Collection]:
    """List these collections in this order, with their numbers of tracks."""
    here = _COLLECTIONS.c.id.in_(numbers)
    rows = {row.id: row for row in connection.execute(select(_COLLECTIONS).where(here))}
    counts = count_tracks_of(connection, numbers)
    return [_collection(rows[number], counts.get(number, 0)) for number in numbers]


def change_collection(
    connection: Connection, collection_id: int, changes: Mapping[str, object], now_us: int
) -> None:
    """Set these columns of the collection."""
    connection.execute(
        update(_COLLECTIONS)
        .where(_COLLECTIONS.c.id == collection_id)
        .values(**changes, updated_at=now_us)
    )


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
