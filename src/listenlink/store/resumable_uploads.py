"""Uploads that arrive in pieces: whose, how large, what was declared about them, what became of them."""

from __future__ import annotations

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from listenlink.clock import DAY_US
from listenlink.model.resumable_upload import ResumableUpload
from listenlink.store import promises, tables
from listenlink.store.database.columns import ended
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.own import own

_UPLOADS = tables.resumable_uploads
_LISTED = 500
# Of those that promise something still; see `store/promises.py`.
_END = (
    select(tables.promises.c.ends_at)
    .where(tables.promises.c.id == _UPLOADS.c.id, tables.promises.c.is_resumable)
    .scalar_subquery()
)


def add_upload(
    connection: Connection,
    organization_id: int,
    user_id: int,
    size_bytes: int,
    metadata: str,
    now_us: int,
) -> ResumableUpload:
    """Add an upload, of which nothing has arrived yet."""
    values = {
        "organization_id": organization_id,
        "user_id": user_id,
        "size_bytes": size_bytes,
        "facts": metadata,
        "created_at": now_us,
    }
    number = insert_with_new_id(
        connection, lambda number: connection.execute(insert(_UPLOADS).values(id=number, **values))
    )
    return ResumableUpload(
        number, organization_id, user_id, size_bytes, metadata, now_us, track_id=None
    )


def find_own_upload(
    connection: Connection, organization_id: int, user_id: int, number: int, since_us: int
) -> ResumableUpload | None:
    """Return the user's upload with this number if it was begun after `since_us`."""
    row = connection.execute(
        select(_UPLOADS, _END.label("promise_ends_at")).where(
            _UPLOADS.c.id == number,
            own(_UPLOADS, organization_id, user_id),
            ~ended(_UPLOADS.c.created_at, since_us),
        )
    ).one_or_none()
    return None if row is None else _upload_of(row)


def is_arriving(connection: Connection, number: int) -> bool:
    """Whether there is such an upload and no track has been made from it yet."""
    row = select(_UPLOADS.c.id).where(_UPLOADS.c.id == number, _UPLOADS.c.track_id.is_(None))
    return connection.execute(row).one_or_none() is not None


def keep_track(connection: Connection, number: int, track_id: int) -> bool:
    """Record the track made from an upload; False if there already was one, or the upload is gone."""
    noted = connection.execute(
        update(_UPLOADS)
        .where(_UPLOADS.c.id == number, _UPLOADS.c.track_id.is_(None))
        .values(track_id=track_id)
    )
    promises.remove_promises(connection, [number])
    return noted.rowcount == 1


def remove_upload(connection: Connection, number: int) -> None:
    """Delete an upload. A track that was made from it stays."""
    promises.remove_promises(connection, [number])
    connection.execute(delete(_UPLOADS).where(_UPLOADS.c.id == number))


def date_back(connection: Connection, now_us: int) -> None:
    """Let uploads that a clock which was ahead has dated more than a day ahead count as begun now."""
    ahead = _UPLOADS.c.created_at > now_us + DAY_US
    connection.execute(update(_UPLOADS).where(ahead).values(created_at=now_us))


def list_stale(
    connection: Connection, since_us: int, idle_since_us: int, after: int = -1
) -> list[ResumableUpload]:
    """List some of the uploads that weren't begun after `since_us`, or whose promise hasn't counted since
    `idle_since_us`, by their numbers, from the one that follows `after`."""
    is_idle = and_(_UPLOADS.c.track_id.is_(None), ended(_END, idle_since_us))
    rows = connection.execute(
        select(_UPLOADS, _END.label("promise_ends_at"))
        .where(or_(ended(_UPLOADS.c.created_at, since_us), is_idle), _UPLOADS.c.id > after)
        .order_by(_UPLOADS.c.id)
        .limit(_LISTED)
    )
    return [_upload_of(row) for row in rows]


def _upload_of(row: Row[tuple[object, ...]]) -> ResumableUpload:
    return ResumableUpload(
        row.id,
        row.organization_id,
        row.user_id,
        row.size_bytes,
        row.facts,
        row.created_at,
        row.track_id,
        row.promise_ends_at,
    )
