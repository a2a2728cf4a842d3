"""What creators declared about their music: who, when and what, and an organisation's default."""

from __future__ import annotations

from sqlalchemy import Connection, Row, insert, select, update

from listenlink.model.declared import Terms
from listenlink.model.declaring import Declaration, Declaring
from listenlink.model.listing import Found, Slice, found
from listenlink.model.owner import Owner
from listenlink.model.track import Track
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.slices import newest_first, place_of

_ROWS = tables.declarations


def add_declaration(
    connection: Connection, owner: Owner, track_id: int | None, said: Declaring, now_us: int
) -> None:
    """Record that the user declared this, of a track or as the organisation's default."""
    values = {
        "organization_id": owner.organization_id,
        "track_id": track_id,
        "terms": said.terms.value,
        "attribution_text": said.attribution_text,
        "user_id": owner.user_id,
        "created_at": now_us,
    }
    insert_with_new_id(
        connection, lambda number: connection.execute(insert(_ROWS).values(id=number, **values))
    )


def set_declared(connection: Connection, track: Track) -> None:
    """Write with the track what now holds of it."""
    written = None if track.declarations is None else track.declarations.write()
    tracks = tables.tracks
    connection.execute(update(tracks).where(tracks.c.id == track.id).values(declared=written))


def find_default(connection: Connection, organization_id: int) -> Declaration | None:
    """Return what holds for what an organisation's people record, if they declare nothing themselves."""
    return next(iter(_list(connection, organization_id, None, Slice(1)).items), None)


def list_declarations(
    connection: Connection, organization_id: int, track_id: int, part: Slice
) -> Found[Declaration]:
    """List a slice of what was declared of a track, the newest first."""
    return _list(connection, organization_id, track_id, part)


def _list(
    connection: Connection, organization_id: int, track_id: int | None, part: Slice
) -> Found[Declaration]:
    users = tables.users
    of_these = (
        select(_ROWS, users.c.email)
        .join(users, users.c.id == _ROWS.c.user_id)
        .where(
            _ROWS.c.organization_id == organization_id,
            _ROWS.c.track_id.is_not_distinct_from(track_id),
        )
    )
    rows = connection.execute(newest_first(of_these, _ROWS, part)).all()
    return found(rows, part, _declaration, place_of)


def _declaration(row: Row[tuple[object, ...]]) -> Declaration:
    terms = Terms(row.terms)
    return Declaration(terms, row.attribution_text, row.user_id, row.email, row.created_at)
