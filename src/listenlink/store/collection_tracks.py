"""The tracks of a collection, in order. A deleted track is taken out of every collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from listenlink.model.listing import Found, Slice, found
from listenlink.store import tables

_MEMBERS = tables.collection_tracks
_COLLECTIONS = tables.collections


class Member(NamedTuple):
    """A track and its position: from 0, without gaps. `added_at` is in epoch µs."""

    track_id: int
    position: int
    added_at: int


def count_tracks(connection: Connection, collection_id: int) -> int:
    """How many tracks are in the collection."""
    counted = select(func.count()).where(_MEMBERS.c.collection_id == collection_id)
    return connection.execute(counted).scalar_one()


def count_tracks_of(connection: Connection, collection_ids: Sequence[int]) -> dict[int, int]:
    """How many tracks are in each of these collections; those that are empty aren't named."""
    counted = (
        select(_MEMBERS.c.collection_id, func.count())
        .where(_MEMBERS.c.collection_id.in_(collection_ids))
        .group_by(_MEMBERS.c.collection_id)
    )
    return {row[0]: row[1] for row in connection.execute(counted)}


def list_members(connection: Connection, collection_id: int, part: Slice) -> Found[Member]:
    """List a slice of the collection's tracks, in order. After a place, positions count on from there."""
    query = select(_MEMBERS).where(_MEMBERS.c.collection_id == collection_id)
    first = part.offset
    if part.after is not None:
        stored, first = map(int, part.after)
        query = query.where(_MEMBERS.c.position > stored)
    query = query.order_by(_MEMBERS.c.position).limit(part.one_more).offset(part.offset)
    return found(
        list(enumerate(connection.execute(query), first)),
        part,
        lambda row: Member(row[1].track_id, row[0], row[1].added_at),
        # The stored position may have gaps before it, where tracks were taken out.
        lambda row: (row[1].position, row[0] + 1),
    )


def append_track(connection: Connection, collection_id: int, track_id: int, now_us: int) -> bool:
    """Put the track after the last one; False if it's already in the collection."""
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
    _touch(connection, collection_id, now_us)
    return True


def remove_member(connection: Connection, collection_id: int, track_id: int, now_us: int) -> None:
    """Take the track out of the collection, if it's there."""
    gone = connection.execute(
        delete(_MEMBERS).where(
            _MEMBERS.c.collection_id == collection_id, _MEMBERS.c.track_id == track_id
        )
    )
    if gone.rowcount:
        _touch(connection, collection_id, now_us)


def reorder(connection: Connection, collection_id: int, wanted: Sequence[int], now_us: int) -> None:
    """Put the named tracks first, in this order; the others follow in their present order.

    Tracks that aren't in the collection are ignored, as is naming one a second time.
    """
    here = _MEMBERS.c.collection_id == collection_id
    present = connection.execute(
        select(_MEMBERS.c.track_id).where(here).order_by(_MEMBERS.c.position)
    ).scalars()
    order = dict.fromkeys(present)
    named = [track_id for track_id in dict.fromkeys(wanted) if track_id in order]
    for position, track_id in enumerate(dict.fromkeys([*named, *order])):
        connection.execute(
            update(_MEMBERS).where(here, _MEMBERS.c.track_id == track_id).values(position=position)
        )
    _touch(connection, collection_id, now_us)


def list_order(connection: Connection, collection_id: int) -> list[Member]:
    """List all of the collection's tracks, in order, with their positions as they're stored: there may be
    gaps."""
    here = _MEMBERS.c.collection_id == collection_id
    rows = connection.execute(select(_MEMBERS).where(here).order_by(_MEMBERS.c.position))
    return [Member(row.track_id, row.position, row.added_at) for row in rows]


def move_member(
    connection: Connection, collection_id: int, track_id: int, stored: tuple[int, int], now_us: int
) -> None:
    """Move a track from one stored position to another, whose track and those between step aside."""
    old, new = stored
    here, position = _MEMBERS.c.collection_id == collection_id, _MEMBERS.c.position
    between = position.between(new, old - 1) if new < old else position.between(old + 1, new)
    step = 1 if new < old else -1
    connection.execute(update(_MEMBERS).where(here, between).values(position=position + step))
    connection.execute(
        update(_MEMBERS).where(here, _MEMBERS.c.track_id == track_id).values(position=new)
    )
    _touch(connection, collection_id, now_us)


def take_track_out(connection: Connection, track_id: int) -> None:
    """Take a deleted track out of every collection, including as its cover."""
    connection.execute(delete(_MEMBERS).where(_MEMBERS.c.track_id == track_id))
    connection.execute(
        update(_COLLECTIONS)
        .where(_COLLECTIONS.c.cover_track_id == track_id)
        .values(cover_track_id=None)
    )


def _touch(connection: Connection, collection_id: int, now_us: int) -> None:
    connection.execute(
        update(_COLLECTIONS).where(_COLLECTIONS.c.id == collection_id).values(updated_at=now_us)
    )
