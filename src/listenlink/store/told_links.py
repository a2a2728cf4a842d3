"""What of links was told already, and what is to be told now.

Opens are read from the audit afterwards, as they are for the counts: the open itself pays nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, insert, text, update

from listenlink.clock import HOUR_US
from listenlink.model.audit import Outcome
from listenlink.model.notice import ENDING_US, LATELY_US, OPENS_EVERY_US, SPREAD_US, Notice
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.audit import open_counts

MARK = "told"
_TOLD = tables.told_links
_MOST_AT_ONCE = 500
_MOST_LINES = 20_000
# How late it's still told that a link has ended.
_ENDED_WITHIN_US = 24 * HOUR_US
_OPENED = int(Outcome.OPENED)

# Whether who made the link `s` wants to be told anything.
_IS_TOLD = """
(EXISTS (SELECT 1 FROM webhooks w WHERE w.organization_id = s.organization_id
         AND w.user_id = s.creator_id AND w.paused_at IS NULL)
 OR EXISTS (SELECT 1 FROM telling_settings k WHERE k.organization_id = s.organization_id
            AND k.user_id = s.creator_id AND k.mails <> 'off'))
"""
# CROSS JOIN makes the embedded database start from the lines.
_NOTE = text(f"""
INSERT INTO told_links (share_id, waiting, opened_at)
SELECT a.share_id, count(*), max(a.at) FROM audit a CROSS JOIN shares s
WHERE a.id > :mark AND a.id <= :newest AND a.outcome = {_OPENED} AND s.id = a.share_id AND {_IS_TOLD}
GROUP BY a.share_id
ON CONFLICT (share_id) DO UPDATE
SET waiting = told_links.waiting + excluded.waiting, opened_at = excluded.opened_at
""")  # noqa: S608 (made of constants)
_LINK = """
s.id, s.organization_id, s.creator_id, s.label, s.track_id, s.collection_id, s.opens, s.max_opens,
s.expires_at, coalesce(t.waiting, 0), t.opened_at
"""
_FOUND = f"SELECT {_LINK} FROM told_links t JOIN shares s ON s.id = t.share_id WHERE "  # noqa: S608
_OPENED_NOW = text(
    _FOUND + "t.waiting > 0 AND (t.told_at IS NULL OR t.told_at <= :before) LIMIT :most"
)
_ENDING_NOW = text(
    _FOUND
    + "s.expires_at > :now AND s.expires_at <= :soon AND s.revoked_at IS NULL AND t.ending_at IS NULL"
    " AND t.opened_at >= :lately LIMIT :most"
)
_ANY = f"SELECT {_LINK} FROM shares s LEFT JOIN told_links t ON t.share_id = s.id WHERE "  # noqa: S608
_GET = text(_ANY + "s.id = :id")
_DOWNLOADS = text("SELECT coalesce(sum(downloads), 0) FROM track_days WHERE share_id = :share")
_TITLE = text("""
SELECT title FROM tracks WHERE id = :track
UNION ALL
SELECT c.name FROM shares s JOIN collections c ON c.id = s.collection_id WHERE s.id = :share
""")
_ENDED_NOW = text(f"""
{_ANY} s.expires_at > :since AND s.expires_at <= :now AND s.revoked_at IS NULL AND t.ended_at IS NULL
  AND {_IS_TOLD} LIMIT :most
""")
_SPREAD = text("""
SELECT count(*) FROM (
    SELECT DISTINCT c.prefix FROM audit_by_share i
    JOIN audit a ON a.id = i.audit_id AND a.at = i.at JOIN clients c ON c.id = a.client_id
    WHERE i.share_id = :share AND i.at > :since AND a.outcome = :opened LIMIT :most) seen
""")
_OPENED_IN = f"""
(SELECT DISTINCT share_id FROM audit WHERE id > :mark AND id <= :newest AND outcome = {_OPENED}) a
"""  # noqa: S608 (made of constants)
# Links that were opened in these lines and have no opens left.
_SPENT = text(f"""
SELECT {_LINK} FROM {_OPENED_IN} JOIN shares s ON s.id = a.share_id
JOIN told_links t ON t.share_id = s.id AND t.spent_at IS NULL
WHERE s.opens >= s.max_opens
""")  # noqa: S608 (made of constants)
# Those that weren't told as spread lately, with the bounds that are set.
_SPREADING = text(f"""
SELECT {_LINK}, k.spread_networks FROM {_OPENED_IN} JOIN shares s ON s.id = a.share_id
JOIN told_links t ON t.share_id = s.id AND coalesce(t.spread_at, 0) <= :before
JOIN telling_settings k ON k.organization_id = s.organization_id AND k.user_id = s.creator_id
WHERE k.spread_networks IS NOT NULL
""")  # noqa: S608 (made of constants)


class ToldLink(NamedTuple):
    """A link as far as its owner is told of it. `waiting` opens weren't told yet."""

    id: int
    owner: Owner
    label: str | None
    track_id: int | None
    collection_id: int | None
    opens: int
    max_opens: int | None
    expires_at: int | None
    waiting: int
    opened_at: int | None


class Opened(NamedTuple):
    """What was found in so many lines: links that are spent by them, and those that may have spread, each
    with the number of networks that it takes."""

    lines: int
    spent: list[ToldLink]
    spreading: list[tuple[ToldLink, int]]


def note_opens(connection: Connection, now_us: int) -> Opened:
    """Note the opens that were counted since the last time, of links whose owners want to be told. Runs in a
    writing transaction, like everything here that writes."""
    mark = open_counts.find_mark(connection, MARK)
    newest = min(open_counts.find_mark(connection), mark + _MOST_LINES)
    if newest <= mark:
        return Opened(0, [], [])
    lines = {"mark": mark, "newest": newest}
    connection.execute(_NOTE, lines)
    spent = [_told(row) for row in connection.execute(_SPENT, lines)]
    rows = connection.execute(_SPREADING, lines | {"before": now_us - SPREAD_US})
    spreading = [(_told(row[:-1]), row[-1]) for row in rows]
    open_counts.set_mark(connection, MARK, newest)
    return Opened(newest - mark, spent, spreading)


def is_behind(connection: Connection) -> bool:
    """Whether opens were counted that weren't looked at."""
    return open_counts.find_mark(connection) > open_counts.find_mark(connection, MARK)


def skip_opens(connection: Connection) -> None:
    """Go on behind all that was counted, because nobody wants to be told."""
    open_counts.set_mark(connection, MARK, open_counts.find_mark(connection))


def find_opened(connection: Connection, now_us: int) -> list[ToldLink]:
    """Links of which opens are to be told now."""
    return _find(connection, _OPENED_NOW, before=now_us - OPENS_EVERY_US)


def find_ending(connection: Connection, now_us: int) -> list[ToldLink]:
    """Links that were opened lately and end within a day."""
    return _find(
        connection, _ENDING_NOW, now=now_us, soon=now_us + ENDING_US, lately=now_us - LATELY_US
    )


def find_ended(connection: Connection, now_us: int) -> list[ToldLink]:
    """Links that have ended by themselves."""
    return _find(connection, _ENDED_NOW, now=now_us, since=now_us - _ENDED_WITHIN_US)


def get_link(connection: Connection, share_id: int) -> ToldLink:
    """A link as its owner is told of it, which there is."""
    return _told(connection.execute(_GET, {"id": share_id}).one())


def count_networks(connection: Connection, share_id: int, now_us: int, most: int) -> int:
    """From how many networks the link was opened within two days, as far as that's no more than so many."""
    asked = {"share": share_id, "since": now_us - SPREAD_US, "opened": _OPENED, "most": most}
    return int(connection.execute(_SPREAD, asked).scalar_one())


def find_title(connection: Connection, notice: Notice) -> str | None:
    """What the track or collection that a notice is about is called now; None if it's about neither."""
    asked = {"share": notice.share_id, "track": notice.track_id}
    title: str | None = connection.execute(_TITLE, asked).scalar_one_or_none()
    return title


def count_downloads(connection: Connection, notice: Notice) -> int:
    """How often something was downloaded by the link that a notice is about, so far."""
    asked = {"share": notice.share_id}
    return int(connection.execute(_DOWNLOADS, asked).scalar_one())


def mark_told(connection: Connection, numbers: Collection[int], now_us: int, what: str) -> None:
    """Note of these links that this was told: `told` opens, or that they're `spent`, `ending`, `ended` or
    `spread`."""
    values = {f"{what}_at": now_us} | ({"waiting": 0} if what == "told" else {})
    for share_id in numbers:
        changed = connection.execute(
            update(_TOLD).where(_TOLD.c.share_id == share_id).values(**values)
        )
        if not changed.rowcount:
            connection.execute(insert(_TOLD).values(share_id=share_id, **values))


def _find(connection: Connection, sql: TextClause, **asked: int) -> list[ToldLink]:
    return [_told(row) for row in connection.execute(sql, asked | {"most": _MOST_AT_ONCE})]


def _told(row: Sequence[Any]) -> ToldLink:
    number, organization_id, user_id, *rest = row
    return ToldLink(number, Owner(organization_id, user_id), *rest)
