"""What uploads that have begun promise to write, and where, over all processes and nodes.

A promise counts until `ends_at`, which whoever works on it moves on: that of a process that died is over
soon, by itself. One of an upload in pieces has the upload's number, and its row stays as long as the upload:
so it's known how many a user has begun, and since when nothing came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, case, delete, func, insert, or_, select, update

from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.database.columns import ended
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own

_PROMISES = tables.promises
_UPLOADS = tables.resumable_uploads
# The numbers of the uploads in pieces that there are, and of their promises.
_ARRIVING = select(_UPLOADS.c.id).where(_UPLOADS.c.track_id.is_(None))


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised: at most `size_bytes`, of which `counted_bytes` at least are audio, in the file
    systems of these names: while it arrives in the first, once it's whole in the second, if that's another.
    `owner` is organisation and user; None for what the server makes."""

    owner: Owner | None
    size_bytes: int
    counted_bytes: int
    place: str
    object_place: str | None
    is_resumable: bool = False


def add_promise(
    connection: Connection, promise: Promise, now_us: int, ends_at: int, number: int | None = None
) -> int:
    """Add a promise, or write one with this number anew; return its number."""
    organization_id, user_id = promise.owner or (None, None)
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "size_bytes": promise.size_bytes,
        "counted_bytes": promise.counted_bytes,
        "place": promise.place,
        "object_place": promise.object_place,
        "is_resumable": promise.is_resumable,
        "begun_at": now_us,
        "ends_at": ends_at,
    }
    if number is not None:
        remove_promises(connection, [number])
        connection.execute(insert(_PROMISES).values(id=number, **values))
        return number
    return insert_with_new_id(
        connection, lambda number: connection.execute(insert(_PROMISES).values(id=number, **values))
    )


def find_end(connection: Connection, number: int, place: str) -> int | None:
    """Return until when this promise counts in the file system `place`; None if there is none."""
    return connection.execute(
        select(_PROMISES.c.ends_at).where(_PROMISES.c.id == number, _PROMISES.c.place == place)
    ).scalar_one_or_none()


def move_ends(connection: Connection, numbers: Sequence[int], ends_at: int) -> None:
    """Let these promises count until then."""
    connection.execute(update(_PROMISES).where(_PROMISES.c.id.in_(numbers)).values(ends_at=ends_at))


def remove_promises(connection: Connection, numbers: Sequence[int]) -> None:
    """Remove those of these promises that are there: they were kept, or never will be."""
    if numbers:
        connection.execute(delete(_PROMISES).where(_PROMISES.c.id.in_(numbers)))


def remove_over(connection: Connection, now_us: int) -> None:
    """Remove the promises that are over, but for those of uploads in pieces, which go with these."""
    connection.execute(delete(_PROMISES).where(~_counts(now_us), _PROMISES.c.id.not_in(_ARRIVING)))


def list_in_place(connection: Connection, place: str, now_us: int) -> list[tuple[int, int]]:
    """List (number, bytes) of the promises about this file system that count now. The number is 0 where all
    of the bytes are still to come, whatever has arrived elsewhere."""
    number = case((_PROMISES.c.place == place, _PROMISES.c.id), else_=0)
    rows = connection.execute(
        select(number, _PROMISES.c.size_bytes).where(
            or_(_PROMISES.c.place == place, _PROMISES.c.object_place == place),
            _counts(now_us),
        )
    )
    return [(int(which), int(size)) for which, size in rows]


def sum_up_begun(
    connection: Connection, owner: Owner, now_us: int, without: int | None
) -> tuple[int, int]:
    """Return how many uploads the user has begun that aren't over, and how many bytes they promise; one of
    them left out."""
    lasts = or_(_counts(now_us), _PROMISES.c.id.in_(_ARRIVING))
    chosen = select(func.count(), func.coalesce(func.sum(_PROMISES.c.size_bytes), 0)).where(
        own(_PROMISES, *owner), lasts, _PROMISES.c.id != (without or 0)
    )
    count, total = connection.execute(chosen).one()
    return int(count), int(total)


def sum_up_organization(
    connection: Connection, organization_id: int, now_us: int, without: int | None = None
) -> tuple[int, int]:
    """Return how many uploads of the organisation count now, and how many bytes of audio they promise."""
    chosen = select(func.count(), func.coalesce(func.sum(_PROMISES.c.counted_bytes), 0)).where(
        _PROMISES.c.organization_id == organization_id,
        _counts(now_us),
        _PROMISES.c.id != (without or 0),
    )
    count, total = connection.execute(chosen).one()
    return int(count), int(total)


def sum_up_all(connection: Connection, now_us: int) -> int:
    """Return how many bytes are promised now, by everybody."""
    total = select(func.coalesce(func.sum(_PROMISES.c.size_bytes), 0))
    return int(connection.execute(total.where(_counts(now_us))).scalar_one())


def _counts(now_us: int) -> ColumnElement[bool]:
    return ~ended(_PROMISES.c.ends_at, now_us)
