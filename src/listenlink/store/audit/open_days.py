"""How often each link was opened on each day, and by what kind of program, so that many links' days are told
without reading the audit.

Housekeeping adds lines up here after it has counted them (`store/audit/open_counts.py`), by a mark of its
own: a node of an older release moves the other one alone. Those up to the mark are in the table, and those
above it in the audit, so both together are exact at any moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, text

from listenlink.clock import DAY_US
from listenlink.model.audit import Agent
from listenlink.model.link_sums import Agents
from listenlink.model.owner import Owner
from listenlink.store.audit import open_counts, progress

MARK = progress.DAYS_MARK

_NEWEST_OF = text("""
SELECT max(id) FROM (
    SELECT id FROM audit WHERE id > :mark AND id <= :counted ORDER BY id LIMIT :most) following
""")
BY_AGENT = tuple(f"{kind}_opens" for kind in Agents._fields)
# The columns of counts, what is counted for each, and how it comes on top of what is there.
COUNTS = ", ".join(("opens", *BY_AGENT))
COUNTED = "count(*), " + ", ".join(
    f"count(*) FILTER (WHERE agent = {int(Agent[kind.upper()])})" for kind in Agents._fields
)
_ADDED = ", ".join(f"{name} = open_days.{name} + excluded.{name}" for name in ("opens", *BY_AGENT))
OR_ADD = f"ON CONFLICT (share_id, day) DO UPDATE SET {_ADDED}"
ADD_UP = f"""
INSERT INTO open_days (share_id, day, {COUNTS})
SELECT share_id, at / {DAY_US}, {COUNTED} FROM audit
WHERE {progress.waits(mark=":mark")} AND id <= :newest AND outcome = :opened AND share_id IS NOT NULL
GROUP BY share_id, at / {DAY_US} {OR_ADD}
"""  # noqa: S608 (made of constants)
_THEIRS = "s.organization_id = :organization AND s.creator_id = :creator AND s.track_id IS NOT NULL"
# CROSS JOIN makes the embedded database start from what is named first.
_ADDED_UP = f"""
SELECT s.track_id, sum(d.opens) FROM shares s CROSS JOIN open_days d
WHERE {_THEIRS} AND d.share_id = s.id AND d.day BETWEEN :first AND :last {{which}}
GROUP BY s.track_id
"""  # noqa: S608
_LINKS = f"SELECT s.id, s.track_id FROM shares s WHERE {_THEIRS} {{which}}"  # noqa: S608
_NOT_YET = text(f"""
SELECT share_id, count(*) FROM audit
WHERE {progress.waits(mark=progress.up_to(MARK))} AND outcome = :opened AND at >= :since AND at < :until
  AND share_id IS NOT NULL
GROUP BY share_id
""")  # noqa: S608
_OF_ALL = tuple(text(sql.format(which="")) for sql in (_ADDED_UP, _LINKS))
_OF_SOME = tuple(
    text(sql.format(which="AND s.track_id IN :tracks")).bindparams(
        bindparam("tracks", expanding=True)
    )
    for sql in (_ADDED_UP, _LINKS)
)


class Days(NamedTuple):
    """From one day to another, both included, counted from 1970-01-01, UTC."""

    first: int
    last: int


def last_days(now_us: int, many: int) -> Days:
    """Today and the days before it: `many` in all."""
    today = now_us // DAY_US
    return Days(today - many + 1, today)


def find_waiting(connection: Connection) -> int:
    """How far this is behind what is counted, in lines."""
    return max(0, open_counts.find_mark(connection) - open_counts.find_mark(connection, MARK))


def add_up(connection: Connection, most_lines: int) -> None:
    """Add up so many of the lines that are counted and aren't in the days yet, in a writing transaction."""
    mark, counted = open_counts.find_mark(connection, MARK), open_counts.find_mark(connection)
    if mark >= counted:
        return
    asked: dict[str, Any] = {"mark": mark, "counted": counted, "most": most_lines}
    # Where none is left between the two, they were deleted.
    newest = connection.execute(_NEWEST_OF, asked).scalar() or counted
    connection.execute(text(ADD_UP), {"mark": mark, "newest": newest, "opened": open_counts.OPENED})
    open_counts.set_mark(connection, MARK, newest)


def sum_by_track(
    connection: Connection, whose: Owner, days: Days, track_ids: Collection[int] | None = None
) -> Mapping[int, int]:
    """Return how often the user's links to each track were opened in these days, as of this moment: of these
    tracks, or of all that were opened."""
    asked: dict[str, Any] = {
        "organization": whose.organization_id, "creator": whose.user_id,
        "first": days.first, "last": days.last,
    }  # fmt: skip
    (added_up, links) = _OF_ALL if track_ids is None else _OF_SOME
    if track_ids is not None:
        asked["tracks"] = list(track_ids)
    opens = {track_id: int(many) for track_id, many in connection.execute(added_up, asked)}
    waiting = _find_waiting_of(connection, days)
    # Joined here: before a database has counted its rows, it may go through all lines for each link.
    for share_id, track_id in connection.execute(links, asked) if waiting else ():
        if share_id in waiting:
            opens[track_id] = opens.get(track_id, 0) + waiting[share_id]
    return opens


def _find_waiting_of(connection: Connection, days: Days) -> dict[int, int]:
    """How often each link, whosever it is, was opened in these days by what isn't added up yet."""
    asked = {
        "opened": open_counts.OPENED,
        "since": days.first * DAY_US, "until": (days.last + 1) * DAY_US,
    }  # fmt: skip
    return {row[0]: row[1] for row in connection.execute(_NOT_YET, asked)}
