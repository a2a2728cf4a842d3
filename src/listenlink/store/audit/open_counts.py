"""How often each link was opened.

The open of a link with `max_opens` is counted in its own transaction
(`store/opening/sqlite_opens.py`): the count decides. For any other link the audit's line is the count, and
nothing else is written within the open; housekeeping adds up the lines afterwards, many at a time. Each
line is counted once: those up to `audit_progress` have been added up, and a link's `counted_to` says which
lines were counted while it had a limit.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

from listenlink.model.audit import Outcome
from listenlink.store.audit import progress
from listenlink.store.database.database import is_postgres
from listenlink.store.database.postgres import KEEPING_OPENS, wait_for_turn

MARK = progress.MARK
SETTLED = "settled"
OPENED = int(Outcome.OPENED)

# Up to which line something has been done, by its name.
_MARKED = text("SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = :name")
SET_MARK = """
INSERT INTO audit_progress (name, audit_id) VALUES (:name, :newest)
ON CONFLICT (name) DO UPDATE SET audit_id = excluded.audit_id
"""
_PROGRESS = text(progress.READ)
_NEWEST_OF = text("""
SELECT max(id) FROM (SELECT id FROM audit WHERE id > :mark ORDER BY id LIMIT :most) following
""")
_ADD_UP = text(f"""
UPDATE shares SET opens = shares.opens + added.opens
FROM (SELECT a.share_id, count(*) AS opens FROM audit a JOIN shares s ON s.id = a.share_id
      WHERE {progress.waits("a", ":mark")} AND a.id <= :newest AND a.outcome = :opened AND a.id > s.counted_to
      GROUP BY a.share_id) added
WHERE shares.id = added.share_id AND shares.max_opens IS NULL
""")  # noqa: S608 (made of constants)
_INDEX = text(f"""
INSERT INTO audit_by_share (share_id, audit_id, at)
SELECT share_id, id, at FROM audit
WHERE {progress.waits(mark=":mark")} AND id <= :newest AND share_id IS NOT NULL
""")  # noqa: S608
# CROSS JOIN makes the embedded database start from the lines: else it would read all of them per link.
_WAITING = text(f"""
SELECT a.share_id, count(*) FROM audit a CROSS JOIN shares s
WHERE {progress.waits("a", ":mark")} AND a.outcome = :opened AND a.share_id IN :ids
  AND s.id = a.share_id AND a.id > s.counted_to AND s.max_opens IS NULL
GROUP BY a.share_id
""").bindparams(bindparam("ids", expanding=True))  # noqa: S608
_OPENS_OF = text("SELECT id, opens FROM shares WHERE id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)
_SETTLE = text("""
UPDATE shares SET opens = opens + :waiting,
    counted_to = (SELECT coalesce(max(id), 0) FROM audit) WHERE id = :id
""")
_COUNT_SETTLED = text("UPDATE audit_progress SET audit_id = audit_id + 1 WHERE name = :name")


def add_up(connection: Connection, most_lines: int) -> int:
    """Count the opens in up to so many lines that aren't counted yet, and index the lines by link
    (`store/audit/of_link.py`); return how many lines that was.

    Runs in a writing transaction, like everything here that writes.
    """
    mark = find_mark(connection)
    newest = _find_newest(connection, mark, most_lines)
    if newest is None:
        return 0
    added = {"mark": mark, "newest": newest}
    connection.execute(_ADD_UP, added | {"opened": OPENED})
    connection.execute(_INDEX, added)
    set_mark(connection, MARK, newest)
    if find_mark(connection, progress.LINES):
        # How many of the block's lines are behind the new mark isn't known: so they count as waiting.
        set_mark(connection, progress.LINES, 0)
    return newest - mark


def _find_newest(connection: Connection, mark: int, most_lines: int) -> int | None:
    """Find the line up to which lines may be counted: none below it is still being written.

    On PostgreSQL a batch draws its lines' numbers before it commits, and another may commit earlier
    with higher ones. So this waits for a moment in which no batch is in flight, and holds it no longer
    than it takes to look: rolling back the savepoint releases the lock.
    """
    if not is_postgres(connection):
        return connection.execute(_NEWEST_OF, {"mark": mark, "most": most_lines}).scalar()
    moment = connection.begin_nested()
    try:
        wait_for_turn(connection, KEEPING_OPENS)
        return connection.execute(_NEWEST_OF, {"mark": mark, "most": most_lines}).scalar()
    finally:
        moment.rollback()


def find_progress(connection: Connection) -> progress.Progress:
    """How far lines are added up."""
    return progress.Progress(*connection.execute(_PROGRESS).one())


def find_waiting(connection: Connection) -> int:
    """How many lines haven't been added up yet."""
    return find_progress(connection).waiting


def find_opens(connection: Connection, share_ids: Collection[int]) -> dict[int, int]:
    """How often each of these links has been opened, as of this moment."""
    waiting = _waiting(connection, share_ids)
    rows = connection.execute(_OPENS_OF, {"ids": list(share_ids)})
    return {share_id: opens + waiting.get(share_id, 0) for share_id, opens in rows}


def settle(connection: Connection, share_id: int) -> int:
    """Bring one link's own count up to date, so that its `max_opens` may change; return its opens.

    On PostgreSQL no batch commits between this and the transaction's end, and one that found the
    link as it was before is decided again (`store/opening/postgres_opens.py`).
    """
    wait_for_turn(connection, KEEPING_OPENS)
    if is_postgres(connection):
        connection.execute(_COUNT_SETTLED, {"name": SETTLED})
    waiting = _waiting(connection, [share_id]).get(share_id, 0)
    connection.execute(_SETTLE, {"id": share_id, "waiting": waiting})
    ((_, opens),) = connection.execute(_OPENS_OF, {"ids": [share_id]})
    return int(opens)


def find_mark(connection: Connection, name: str = MARK) -> int:
    """Return the number of the line up to which something of this name has been done, 0 if nothing was."""
    return int(connection.execute(_MARKED, {"name": name}).scalar_one())


def set_mark(connection: Connection, name: str, newest: int) -> None:
    """Note that it has been done up to there."""
    connection.execute(text(SET_MARK), {"name": name, "newest": newest})


def _waiting(connection: Connection, share_ids: Collection[int]) -> dict[int, int]:
    asked = {"mark": find_mark(connection), "opened": OPENED, "ids": list(share_ids)}
    rows = connection.execute(_WAITING, asked)
    return {row[0]: row[1] for row in rows}
