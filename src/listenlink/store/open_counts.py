"""How often each link was opened.

The open of a link with `max_opens` is counted in its own transaction (`store/opens.py`): the count
decides. Of any other link the audit's line is the count, and nothing else is written within the open;
housekeeping adds the lines up afterwards, many at a time. Each line is counted once: those up to
`audit_progress` have been added up, and a link's `counted_to` says which lines were counted while it
had a limit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from sqlalchemy import Connection

from listenlink.model.audit import Outcome
from listenlink.store.database import raw_of

MARK = "added_up"

_FIND_MARK = "SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = ?"
_SET_MARK = """
INSERT INTO audit_progress (name, audit_id) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id
"""
_NEWEST_OF = "SELECT max(id) FROM (SELECT id FROM audit WHERE id > ? ORDER BY id LIMIT ?)"
_ADD_UP = """
UPDATE shares SET opens = shares.opens + added.opens
FROM (SELECT a.share_id, count(*) AS opens FROM audit a JOIN shares s ON s.id = a.share_id
      WHERE a.id > ? AND a.id <= ? AND a.outcome = ? AND a.id > s.counted_to GROUP BY a.share_id) added
WHERE shares.id = added.share_id AND shares.max_opens IS NULL
"""
_INDEX = """
INSERT INTO audit_by_share (share_id, audit_id)
SELECT share_id, id FROM audit WHERE id > ? AND id <= ? AND share_id IS NOT NULL
"""
_WAITING = """
SELECT a.share_id, count(*) FROM audit a JOIN shares s ON s.id = a.share_id
WHERE a.id > ? AND a.outcome = ? AND a.id > s.counted_to AND s.max_opens IS NULL
GROUP BY a.share_id
"""


def add_up(connection: Connection, most_lines: int) -> int:
    """Count the opens of up to so many lines that aren't counted yet, and index the lines by link
    (`store/share_audit.py`); how many lines that was.

    Runs in a writing transaction, like everything here that writes.
    """
    raw = raw_of(connection)
    ((mark,),) = raw.execute(_FIND_MARK, (MARK,))
    ((newest,),) = raw.execute(_NEWEST_OF, (mark, most_lines))
    if newest is None:
        return 0
    raw.execute(_ADD_UP, (mark, newest, int(Outcome.OPENED)))
    raw.execute(_INDEX, (mark, newest))
    raw.execute(_SET_MARK, (MARK, newest))
    return int(newest - mark)


def find_waiting(connection: Connection) -> int:
    """How many lines aren't added up yet."""
    ((mark,),) = raw_of(connection).execute(_FIND_MARK, (MARK,))
    ((newest,),) = raw_of(connection).execute("SELECT coalesce(max(id), 0) FROM audit")
    return max(0, int(newest) - int(mark))


def find_opens(connection: Connection, share_ids: Collection[int]) -> dict[int, int]:
    """How often each of these links was opened, to this moment."""
    raw = raw_of(connection)
    waiting = _waiting(raw)
    places = ",".join("?" * len(share_ids))
    rows = raw.execute(f"SELECT id, opens FROM shares WHERE id IN ({places})", tuple(share_ids))  # noqa: S608
    return {share_id: opens + waiting.get(share_id, 0) for share_id, opens in rows}


def settle(connection: Connection, share_id: int) -> int:
    """Bring one link's own count up to now, so that its `max_opens` may change; how many opens."""
    raw = raw_of(connection)
    raw.execute(
        "UPDATE shares SET opens = opens + ?2, "
        "counted_to = (SELECT coalesce(max(id), 0) FROM audit) WHERE id = ?1",
        (share_id, _waiting(raw).get(share_id, 0)),
    )
    ((opens,),) = raw.execute("SELECT opens FROM shares WHERE id = ?", (share_id,))
    return int(opens)


def forget_numbers(connection: Connection) -> None:
    """The audit is empty: its lines will be numbered from 1 again."""
    raw = raw_of(connection)
    raw.execute("UPDATE audit_progress SET audit_id = 0")
    raw.execute("DELETE FROM audit_by_share")
    raw.execute("UPDATE shares SET counted_to = 0 WHERE counted_to > 0")


def _waiting(raw: sqlite3.Connection) -> dict[int, int]:
    ((mark,),) = raw.execute(_FIND_MARK, (MARK,))
    return dict(raw.execute(_WAITING, (mark, int(Outcome.OPENED))).fetchall())
