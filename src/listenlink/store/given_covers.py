"""Covers that were given to tracks and collections, which go before any other; and which cover is shown.

A cover that was given belongs to its track, not to the audio, which others' tracks may have too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    case,
    delete,
    false,
    insert,
    or_,
    select,
    text,
)

from listenlink.model.cover import Cover, Covered
from listenlink.store import tables
from listenlink.store.database.database import insert_with_new_id
from listenlink.store.targets import MOST_TRACKS

_GIVEN = tables.given_covers
_DROPPED = tables.dropped_objects
_AUDIO = tables.audio_objects
_DIGESTS = (_GIVEN.c.cover_digest, _GIVEN.c.cover_small_digest)

# What is shown of a track, in SQL, where its audio is `a` and what it was given is `g`, if anything.
SHOWN_LARGE = "CASE WHEN g.id IS NULL THEN a.cover_digest ELSE g.cover_digest END"
SHOWN_SMALL = "CASE WHEN g.id IS NULL THEN a.cover_small_digest ELSE g.cover_small_digest END"


def of_tracks(chosen: str) -> str:
    """From where a collection's cover is, in SQL, if it was given none: the cover of the track that was
    `chosen`, else of the first with one. Its tracks are those of `shown` (`store/targets.py`)."""
    return f"""
FROM shown
JOIN tracks o ON o.id = shown.track_id
JOIN audio_objects a ON a.id = shown.audio_id
LEFT JOIN given_covers g ON g.track_id = o.id
WHERE {SHOWN_LARGE} IS NOT NULL
ORDER BY CASE WHEN o.id = {chosen} THEN 0 ELSE 1 END, shown.position LIMIT 1
"""


_FIND_OF_TRACKS = text(f"""
WITH shown AS (
    SELECT m.track_id, m.position, t.audio_id
    FROM collection_tracks m JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
    WHERE m.collection_id = :collection ORDER BY m.position LIMIT :most)
SELECT {SHOWN_LARGE}, {SHOWN_SMALL}
{of_tracks("(SELECT cover_track_id FROM collections WHERE id = :collection)")}
""")  # noqa: S608 (made of constants)


class Given(NamedTuple):
    """What was given; no cover if none is to be shown."""

    cover: Cover | None


def shown_of_track(name: str) -> Label[bytes | None]:
    """`cover_digest` or `cover_small_digest` of what is shown of a track, in a statement on its audio and, by
    an outer join, on what it was given."""
    shown = case((_GIVEN.c.id.is_(None), _AUDIO.c[name]), else_=_GIVEN.c[name])
    return shown.label(name)


def find_given(connection: Connection, covered: Covered) -> Given | None:
    """Return what was given; None if nothing was, nor taken away."""
    row = connection.execute(select(*_DIGESTS).where(_is(covered))).one_or_none()
    if row is None:
        return None
    large, small = row
    return Given(None if large is None or small is None else Cover(large, small))


def find_of_collection(connection: Connection, collection_id: int) -> Cover | None:
    """Return the cover that is shown of a collection: what it was given, or else one of its tracks'."""
    given = find_given(connection, Covered(collection_id=collection_id))
    if given is not None:
        return given.cover
    asked = {"collection": collection_id, "most": MOST_TRACKS}
    row = connection.execute(_FIND_OF_TRACKS, asked).one_or_none()
    return None if row is None else Cover(*row)


def find_covered(connection: Connection, collection_ids: Collection[int]) -> set[int]:
    """Which of these collections a cover is shown of."""
    return {
        number for number in collection_ids if find_of_collection(connection, number) is not None
    }


def give(connection: Connection, covered: Covered, cover: Cover | None) -> list[bytes]:
    """Give this, in place of what was given before; None shows no cover. Return the digests of what perhaps
    nothing needs any more."""
    dropped = take_back(connection, covered)
    large, small = cover or (None, None)
    values = covered._asdict() | {"cover_digest": large, "cover_small_digest": small}
    insert_with_new_id(
        connection, lambda number: connection.execute(insert(_GIVEN).values(id=number, **values))
    )
    return dropped


def take_back(connection: Connection, covered: Covered) -> list[bytes]:
    """Let it be as if nothing had been given, nor taken away; return digests as `give` does."""
    return take_all_back(
        connection,
        [] if covered.track_id is None else [covered.track_id],
        [] if covered.collection_id is None else [covered.collection_id],
    )


def take_all_back(
    connection: Connection, tracks: Collection[int] = (), collections: Collection[int] = ()
) -> list[bytes]:
    """Do so for all of these tracks and collections."""
    which = or_(
        _GIVEN.c.track_id.in_(tracks) if tracks else false(),
        _GIVEN.c.collection_id.in_(collections) if collections else false(),
    )
    rows = connection.execute(select(*_DIGESTS).where(which)).all()
    connection.execute(delete(_GIVEN).where(which))
    dropped = [digest for row in rows for digest in row if digest is not None]
    for digest in dropped:
        insert_with_new_id(
            connection,
            lambda number, digest=digest: connection.execute(  # type: ignore[misc]
                insert(_DROPPED).values(id=number, digest=digest)
            ),
        )
    return dropped


def show_again(connection: Connection, collection_id: int) -> None:
    """Let a collection from which every cover was taken away show one of its tracks' again."""
    here = _GIVEN.c.collection_id == collection_id
    connection.execute(delete(_GIVEN).where(here, _GIVEN.c.cover_digest.is_(None)))


def is_given(connection: Connection, digest: bytes) -> bool:
    """Whether anything was given a cover with these bytes."""
    row = select(_GIVEN.c.id).where(or_(*(column == digest for column in _DIGESTS)))
    return connection.execute(row.limit(1)).one_or_none() is not None


def list_given(connection: Connection) -> set[bytes]:
    """Return the digests of all covers that were given."""
    rows = connection.execute(select(*_DIGESTS))
    return {digest for row in rows for digest in row if digest is not None}


def list_dropped(connection: Connection) -> dict[int, bytes]:
    """Return the digests of what perhaps nothing needs any more, each by the number of its note."""
    return {row.id: row.digest for row in connection.execute(select(_DROPPED))}


def forget_dropped(connection: Connection, numbers: Collection[int]) -> None:
    """Forget these notes: the bytes are gone, or are needed again."""
    connection.execute(delete(_DROPPED).where(_DROPPED.c.id.in_(numbers)))


def _is(covered: Covered) -> ColumnElement[bool]:
    if covered.track_id is not None:
        return _GIVEN.c.track_id == covered.track_id
    return _GIVEN.c.collection_id == covered.collection_id
