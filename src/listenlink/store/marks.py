"""What is known of how recordings were made: written when they come in, raised by what is learned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, Row, and_, insert, select, tuple_, update

from listenlink.model.mark import Ai, Mark, join_all
from listenlink.store import tables

_ROWS = tables.track_marks
_MARK = ("by_engine", "engine", "by_creator", "by_file", "file_says")
_COLUMNS = [_ROWS.c[name] for name in _MARK]


def add_mark(
    connection: Connection,
    organization_id: int,
    track_id: int,
    version: int,
    audio_id: int,
    made_with: str,
    mark: Mark,
) -> None:
    """Write what is known of a version that has just come in: at least what its organisation knows of the
    same bytes, under whatever name they came before, also from what was there before them."""
    same = _ROWS.alias()
    known_of_them = (
        select(*_COLUMNS)
        .distinct()
        .join(same, and_(same.c.track_id == _ROWS.c.track_id, same.c.version >= _ROWS.c.version))
        .where(same.c.organization_id == organization_id, same.c.audio_id == audio_id)
    )
    known = join_all(_mark_of(row) for row in connection.execute(known_of_them))
    connection.execute(
        insert(_ROWS).values(
            track_id=track_id,
            version=version,
            organization_id=organization_id,
            audio_id=audio_id,
            made_with=made_with,
            **_values(mark.join(known)),
        )
    )


def find_marks(connection: Connection, versions: Mapping[int, int]) -> dict[int, Mark]:
    """Return by track what is known of these versions, given by track: what is known of a version holds for
    those that came after it, which are of the same piece."""
    rows = connection.execute(
        select(_ROWS.c.track_id, _ROWS.c.version, *_COLUMNS)
        .where(_ROWS.c.track_id.in_(versions))
        .order_by(_ROWS.c.version.desc())
    )
    found = defaultdict[int, list[Mark]](list)
    for row in rows:
        if row.version <= versions[row.track_id]:
            found[row.track_id].append(_mark_of(row))
    return {track: join_all(found[track]) for track in versions}


def declare_ai(connection: Connection, track_id: int, ai: Ai) -> bool:
    """Raise what the creator says of all of a track's versions; return whether that was less before."""
    raised = connection.execute(
        update(_ROWS)
        .where(_ROWS.c.track_id == track_id, _ROWS.c.by_creator < ai)
        .values(by_creator=ai)
    )
    return raised.rowcount > 0


def raise_engine(connection: Connection, engine: str, ai: Ai, most: int) -> int:
    """Raise what is known of versions that were made with an engine to what is said of it now; return of how
    many it was less, at most so many at once."""
    lower = (
        select(_ROWS.c.track_id, _ROWS.c.version)
        .where(_ROWS.c.made_with == engine, _ROWS.c.by_engine < ai)
        .limit(most)
    )
    raised = connection.execute(
        update(_ROWS)
        .where(tuple_(_ROWS.c.track_id, _ROWS.c.version).in_(lower))
        .values(by_engine=ai, engine=engine)
    )
    return raised.rowcount


def keep_claim(
    connection: Connection, audio_id: int, ai: Ai, file_says: str | None, now_us: int
) -> None:
    """Write what a file says itself with all versions that have its bytes."""
    of_these = _ROWS.c.audio_id == audio_id
    connection.execute(update(_ROWS).where(of_these).values(read_at=now_us))
    connection.execute(
        update(_ROWS).where(of_these, _ROWS.c.by_file < ai).values(by_file=ai, file_says=file_says)
    )


def _values(mark: Mark) -> dict[str, object]:
    return {name: getattr(mark, name) for name in _MARK}


def _mark_of(row: Row[tuple[object, ...]]) -> Mark:
    return Mark(Ai(row.by_engine), row.engine, Ai(row.by_creator), Ai(row.by_file), row.file_says)
