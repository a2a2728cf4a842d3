"""The sums of a link's days, which stay when the audit's lines are deleted.

A row of `share_days` holds what its day's lines came to up to the line `summed_to`; whatever is above that is
still in the audit. So the two add up to the same at any moment, however often it's summed up in between,
and wherever that is interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from listenlink.clock import DAY_US
from listenlink.model.audit import Agent, Outcome
from listenlink.model.link_sums import Agents
from listenlink.store.audit.numbers import LINE_GOES, TooOld

# Of a hundred bytes or so each, in memory.
_MOST_FOUND = 100_000

_OPENED = f"a.outcome = {int(Outcome.OPENED)}"
# A program's open is nobody who listens.
_BY_PERSON = f"{_OPENED} AND a.agent = {int(Agent.PERSON)}"
_BASE = "coalesce(d.summed_to, 0)"
_BY_AGENT = ",\n".join(
    f"count(*) FILTER (WHERE {_OPENED} AND a.id > {_BASE} AND a.agent = {int(Agent[kind.upper()])})"
    for kind in Agents._fields
)
# Of lines `a` with their day's row `d`: opens, listeners, requests of bots and opens by agent that the row
# doesn't hold yet. A listener who is in it, and whose lines are still there, isn't counted again.
NEW_SUMS = f"""
count(*) FILTER (WHERE {_OPENED} AND a.id > {_BASE}),
count(DISTINCT CASE WHEN {_BY_PERSON} THEN a.client_id END)
    - count(DISTINCT CASE WHEN {_BY_PERSON} AND a.id <= {_BASE} THEN a.client_id END),
count(*) FILTER (WHERE a.agent = {int(Agent.UNFURLER)} AND a.id > {_BASE}),
{_BY_AGENT}
"""
# The same, as the row has them.
KEPT_SUMS = ", ".join(
    ("opens", "listeners", "bot_requests", *(f"{kind}_opens" for kind in Agents._fields))
)
# Reads all of the audit, without a lock. All lines of a day are between these two numbers, others too where a
# clock was wrong.
_FIND_DAYS = text(f"""
SELECT a.at / {DAY_US}, min(a.id), max(a.id) FROM audit a
WHERE {LINE_GOES} AND a.share_id IS NOT NULL GROUP BY 1 ORDER BY 1
""")  # noqa: S608 (made of constants)
# Reads a day's lines alone: else each slice of the sums would go through the whole audit.
_FIND = text(f"""
SELECT a.share_id, a.at / {DAY_US}, {_BASE}, max(a.id), {NEW_SUMS}
FROM audit a LEFT JOIN share_days d ON d.share_id = a.share_id AND d.day = a.at / {DAY_US}
WHERE {LINE_GOES} AND a.share_id IS NOT NULL
  AND a.id BETWEEN :first AND :last AND a.at >= :since AND a.at < :until
GROUP BY a.share_id, a.at / {DAY_US}, {_BASE} HAVING max(a.id) > {_BASE}
LIMIT {_MOST_FOUND}
""")  # noqa: S608 (made of constants)
_SUMMED = tuple(KEPT_SUMS.split(", "))
_KEEP = text(f"""
INSERT INTO share_days (share_id, day, listens, summed_to, {KEPT_SUMS})
VALUES (:share, :day, 0, :newest, {", ".join(f":{name}" for name in _SUMMED)})
ON CONFLICT (share_id, day) DO UPDATE SET
    {", ".join(f"{name} = share_days.{name} + excluded.{name}" for name in _SUMMED)},
    summed_to = excluded.summed_to
WHERE share_days.summed_to = :base
""")  # noqa: S608 (made of constants)
_COLUMNS = ("share", "day", "base", "newest", *_SUMMED)


class LinesOfDay(NamedTuple):
    """A day, counted since the epoch, that has lines which are too old, and the first and the last number of
    these."""

    day: int
    first: int
    last: int


def find_days(connection: Connection, old: TooOld) -> list[LinesOfDay]:
    """Return the days that have lines which are too old, the oldest first."""
    return [LinesOfDay(*row) for row in connection.execute(_FIND_DAYS, old.asked)]


def find_sums(connection: Connection, old: TooOld, of_day: LinesOfDay) -> list[dict[str, int]]:
    """Return some of what the lines of a day that are too old come to, by link, for `keep_sums`. Call until
    it returns nothing."""
    day, first, last = of_day
    bounds = {"first": first, "last": last, "since": day * DAY_US, "until": (day + 1) * DAY_US}
    rows = connection.execute(_FIND, old.asked | bounds)
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def keep_sums(connection: Connection, sums: Sequence[dict[str, int]]) -> None:
    """Add these to the days' rows. What another node has added meanwhile isn't added again."""
    connection.execute(_KEEP, list(sums))
