"""The audit of one link, and what its days come to.

Housekeeping keeps an index of the audit's lines by link (`store/open_counts.py`), not the open. So what
is read here is the indexed lines and those above the mark: exact at any moment. Of days whose lines
were let go, the sums stay in `share_days`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from listenlink.clock import DAY_US
from listenlink.model.audit import Agent, AuditEntry, Outcome
from listenlink.store.audit import entry_of
from listenlink.store.database import raw_of
from listenlink.store.open_counts import MARK

_LINES = """
(SELECT a.id, a.at, a.outcome, a.reason, a.share_id, a.trace, a.client_id, a.agent, a.referrer
 FROM audit_by_share b JOIN audit a ON a.id = b.audit_id WHERE b.share_id = :share
 UNION ALL
 SELECT id, at, outcome, reason, share_id, trace, client_id, agent, referrer FROM audit
 WHERE id > (SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = :mark)
   AND share_id = :share)
"""
_LIST = f"""
SELECT l.at, l.outcome, l.reason, l.share_id, l.trace, c.pseudonym, c.prefix, l.agent, l.referrer, 1
FROM {_LINES} l LEFT JOIN clients c ON c.id = l.client_id
ORDER BY l.id DESC LIMIT :limit OFFSET :offset
"""  # noqa: S608 (made of constants)
_DAYS = f"""
SELECT at / :day AS day, sum(outcome = :opened),
       count(DISTINCT CASE WHEN outcome = :opened THEN client_id END), sum(agent = :unfurler)
FROM {_LINES} GROUP BY at / :day
"""  # noqa: S608 (made of constants)
_LISTENS = "SELECT at / :day, count(*) FROM listens WHERE share_id = :share GROUP BY at / :day"
_KEPT = "SELECT day, opens, listeners, bot_requests FROM share_days WHERE share_id = :share"
_LAST_INDEXED = """
SELECT a.at FROM audit_by_share b JOIN audit a ON a.id = b.audit_id
WHERE b.share_id = ? AND a.outcome = ? ORDER BY b.audit_id DESC LIMIT 1
"""
_LAST_WAITING = """
SELECT share_id, max(at) FROM audit
WHERE id > (SELECT coalesce(max(audit_id), 0) FROM audit_progress WHERE name = ?)
  AND outcome = ? AND share_id IS NOT NULL
GROUP BY share_id
"""
# Reads the whole audit, once an hour and without a lock: what is let go must have been summed up.
_OLD_DAYS = """
SELECT share_id, at / :day, sum(outcome = :opened), 0,
       count(DISTINCT CASE WHEN outcome = :opened THEN client_id END), sum(agent = :unfurler)
FROM audit
WHERE at < :before AND share_id IS NOT NULL
GROUP BY share_id, at / :day
"""
_KEEP = "INSERT OR IGNORE INTO share_days VALUES (?, ?, ?, ?, ?, ?)"

_KINDS = {"opened": int(Outcome.OPENED), "unfurler": int(Agent.UNFURLER), "day": DAY_US}


class DaySums(NamedTuple):
    """One day of a link. `day` counts from 1970-01-01, UTC; `listeners` are told apart within the day
    only; `bot_requests` are those of unfurlers and crawlers, opens or not."""

    day: int
    opens: int
    listens: int
    listeners: int
    bot_requests: int


def list_lines(connection: Connection, share_id: int, limit: int, offset: int) -> list[AuditEntry]:
    """Some of the link's lines, newest first."""
    asked = {"share": share_id, "mark": MARK, "limit": limit, "offset": offset}
    return [entry_of(row) for row in raw_of(connection).execute(_LIST, asked)]


def find_last_opens(connection: Connection, share_ids: Collection[int]) -> dict[int, int]:
    """When each of these links was last opened, in epoch µs; none that never was or too long ago."""
    raw = raw_of(connection)
    opened = int(Outcome.OPENED)
    waiting: dict[int, int] = dict(raw.execute(_LAST_WAITING, (MARK, opened)).fetchall())
    last = {}
    for share_id in share_ids:
        at = waiting.get(share_id)
        if at is None:
            row = raw.execute(_LAST_INDEXED, (share_id, opened)).fetchone()
            at = row and row[0]
        if at is not None:
            last[share_id] = at
    return last


def sum_days(connection: Connection, share_id: int) -> list[DaySums]:
    """The link's days on which something was, oldest first."""
    raw = raw_of(connection)
    asked = {"share": share_id, "mark": MARK, **_KINDS}
    days = {row[0]: row[1:] for row in raw.execute(_DAYS, asked)}
    # A day that was summed up is told by its sums, even while some of its lines are still there.
    days |= {row[0]: row[1:] for row in raw.execute(_KEPT, {"share": share_id})}
    listens = dict(raw.execute(_LISTENS, {"share": share_id, "day": DAY_US}).fetchall())
    return [
        DaySums(day, opens, listens.get(day, 0), listeners, bots)
        for day in sorted(days.keys() | listens.keys())
        for opens, listeners, bots in [days.get(day, (0, 0, 0))]
    ]


def sum_old_days(connection: Connection, before_us: int) -> list[tuple[int, ...]]:
    """Rows for `keep_days` of the days whose lines are about to be let go."""
    return raw_of(connection).execute(_OLD_DAYS, {"before": before_us, **_KINDS}).fetchall()


def keep_days(connection: Connection, rows: list[tuple[int, ...]]) -> None:
    """Keep the sums; a day that has some already stays as it is."""
    raw_of(connection).executemany(_KEEP, rows)
