"""The audit of one link, and its daily sums.

It's housekeeping, not the open, that indexes the audit's lines by link (`store/audit/open_counts.py`). So
what is read here is the indexed lines and those above the mark: exact at any moment. Of lines that were
deleted, the sums stay (`store/audit/day_sums.py`).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, text

from listenlink.clock import DAY_US
from listenlink.model.audit import AuditEntry, Outcome
from listenlink.model.link_sums import Agents, DaySums, LinkSums, Quarters, TrackSums
from listenlink.model.listing import Found, Slice, found
from listenlink.store.audit.audit_log import entry_of
from listenlink.store.audit.day_sums import KEPT_SUMS, NEW_SUMS
from listenlink.store.audit.progress import waits

_COLUMNS = "a.id, a.at, a.outcome, a.reason, a.share_id, a.trace, a.client_id, a.agent, a.referrer"
_OF_INDEX = "JOIN audit a ON a.id = b.audit_id AND a.at = b.at"
_WAITING = f"""
SELECT {_COLUMNS} FROM audit a
WHERE {waits("a")} AND a.share_id = :share
"""  # noqa: S608 (made of constants)
_LINES = f"""
(SELECT {_COLUMNS} FROM audit_by_share b {_OF_INDEX} WHERE b.share_id = :share UNION ALL {_WAITING})
"""  # noqa: S608 (made of constants)
# Each half by itself goes by its index, and ends when it has enough: together they'd all be read and sorted.
# What is indexed is bounded before it's joined: PostgreSQL takes a join by number and time for one row, so it
# would rather read all of a link's lines than look some up.
_LIST = f"""
SELECT l.at, l.outcome, l.reason, l.share_id, l.trace, c.pseudonym, c.prefix, l.agent, l.referrer, 1, l.id
FROM (SELECT {_COLUMNS}
      FROM (SELECT audit_id, at FROM audit_by_share WHERE share_id = :share AND audit_id < :before
            ORDER BY audit_id DESC LIMIT :most) b {_OF_INDEX}
      UNION ALL
      SELECT * FROM ({_WAITING} AND a.id < :before ORDER BY a.id DESC LIMIT :most) waiting) l
LEFT JOIN clients c ON c.id = l.client_id
ORDER BY l.id DESC LIMIT :limit OFFSET :offset
"""  # noqa: S608 (made of constants)
_ABOVE_ALL = 2**63 - 1
# Opened or renewed since then, and not by a clock that is ahead: these may be listening.
_LISTENING = f"""
count(DISTINCT CASE WHEN a.outcome IN ({int(Outcome.OPENED)}, {int(Outcome.RENEWED)})
    AND a.at > :since AND a.at <= :now THEN a.client_id END)
"""
_DAYS = f"""
SELECT a.at / {DAY_US}, {_LISTENING}, {NEW_SUMS}
FROM {_LINES} a LEFT JOIN share_days d ON d.share_id = :share AND d.day = a.at / {DAY_US}
GROUP BY a.at / {DAY_US}
"""  # noqa: S608 (made of constants)
_LISTENS = (
    f"SELECT at / {DAY_US}, count(*) FROM listens WHERE share_id = :share GROUP BY at / {DAY_US}"  # noqa: S608
)
_HEARD = ", ".join(f"sum({name})" for name in ("downloads", *Quarters._fields))
_TRACK_DAYS = f"SELECT day, {_HEARD} FROM track_days WHERE share_id = :share GROUP BY day"  # noqa: S608
_NONE_HEARD = ", ".join(f"0 AS {name}" for name in ("downloads", *Quarters._fields))
_BY_TRACK = f"""
SELECT t.id, t.title, sum(x.listens) AS listens, x.version, {_HEARD}
FROM (SELECT track_id, version, count(*) AS listens, {_NONE_HEARD}
      FROM listens WHERE share_id = :share GROUP BY track_id, version
      UNION ALL
      SELECT track_id, version, 0, downloads, {", ".join(Quarters._fields)}
      FROM track_days WHERE share_id = :share) x
JOIN tracks t ON t.id = x.track_id
GROUP BY t.id, t.title, x.version ORDER BY 3 DESC, t.title, t.id, x.version DESC
"""  # noqa: S608
_KEPT = f"SELECT day, {KEPT_SUMS} FROM share_days WHERE share_id = :share"  # noqa: S608
_NOTHING = (0,) * len(KEPT_SUMS.split(","))
_UNHEARD = (0, *Quarters())
# All links in one statement: with one table per day, planning it costs more than running it. Line by line,
# from the newest, for the reason above.
_LAST_INDEXED = text("""
SELECT s.id, (
    SELECT opened_at FROM (
        SELECT (SELECT a.at FROM audit a
                WHERE a.id = b.audit_id AND a.at = b.at AND a.outcome = :opened) AS opened_at
        FROM audit_by_share b WHERE b.share_id = s.id ORDER BY b.audit_id DESC) newest
    WHERE opened_at IS NOT NULL LIMIT 1)
FROM shares s WHERE s.id IN :ids
""").bindparams(bindparam("ids", expanding=True))
_LAST_WAITING = text(f"""
SELECT share_id, max(at) FROM audit
WHERE {waits()} AND outcome = :opened AND share_id IN :ids
GROUP BY share_id
""").bindparams(bindparam("ids", expanding=True))  # noqa: S608


def list_lines(connection: Connection, share_id: int, part: Slice) -> Found[AuditEntry]:
    """List a slice of the link's lines, newest first."""
    asked = {
        "share": share_id, "before": part.after[0] if part.after else _ABOVE_ALL,
        "most": part.offset + part.one_more, "limit": part.one_more, "offset": part.offset,
    }  # fmt: skip
    rows = connection.execute(text(_LIST), asked).all()
    return found(rows, part, lambda row: entry_of(row[:-1]), lambda row: (row[-1],))


def find_last_opens(connection: Connection, share_ids: Collection[int]) -> dict[int, int]:
    """Return when each link was last opened, in epoch µs, without those that never were or too long ago."""
    opened, ids = int(Outcome.OPENED), list(share_ids)
    rows = connection.execute(_LAST_WAITING, {"opened": opened, "ids": ids})
    last: dict[int, int] = {row[0]: row[1] for row in rows}
    others = {"opened": opened, "ids": [share_id for share_id in ids if share_id not in last]}
    indexed = connection.execute(_LAST_INDEXED, others)
    return last | {share_id: at for share_id, at in indexed if at is not None}


def sum_up(connection: Connection, share_id: int, since_us: int, now_us: int) -> LinkSums:
    """Return what the link comes to. Who opened or renewed after `since_us` is listening: told apart within a
    day only, so who does both around midnight counts twice."""
    of_link = {"share": share_id}
    sums: dict[int, tuple[int, ...]] = {
        day: tuple(kept) for day, *kept in connection.execute(text(_KEPT), of_link)
    }
    asked = of_link | {"since": since_us, "now": now_us}
    listening = 0
    for day, lately, *more in connection.execute(text(_DAYS), asked):
        sums[day] = tuple(map(sum, zip(sums.get(day, _NOTHING), more, strict=True)))
        listening += lately
    listens = {row[0]: row[1] for row in connection.execute(text(_LISTENS), of_link)}
    heard = {
        day: tuple(map(int, counts))
        for day, *counts in connection.execute(text(_TRACK_DAYS), of_link)
    }
    days = [
        DaySums(
            day,
            opens,
            listens.get(day, 0),
            listeners,
            bots,
            Agents(*by_agent),
            downloads,
            Quarters(*quarters),
        )
        for day in sorted(sums.keys() | listens.keys() | heard.keys())
        for opens, listeners, bots, *by_agent in [sums.get(day, _NOTHING)]
        for downloads, *quarters in [heard.get(day, _UNHEARD)]
    ]
    return LinkSums(days, _sum_by_track(connection, share_id), listening)


def _sum_by_track(connection: Connection, share_id: int) -> list[TrackSums]:
    rows = connection.execute(text(_BY_TRACK), {"share": share_id})
    return [
        TrackSums(
            track_id, title, int(listens), int(downloads), Quarters(*map(int, quarters)), version
        )
        for track_id, title, listens, version, downloads, *quarters in rows
    ]
