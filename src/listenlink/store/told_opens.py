"""Opens as they are told of: read from the audit afterwards, as they are for the counts, so that the open
itself pays nothing.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, text

from listenlink.model.audit import Outcome
from listenlink.model.notice import SPREAD_US
from listenlink.store import tables
from listenlink.store.audit import open_counts

MARK = "told"
_NETWORKS = tables.told_networks
# What so many lines come to is written in far less time than a writer may take.
MOST_LINES = 1000
_DELETED_PER_STEP = 1000
_OPENED = int(Outcome.OPENED)

# Whether who made the link `s` wants to be told anything.
IS_TOLD = """
(EXISTS (SELECT 1 FROM webhooks w WHERE w.organization_id = s.organization_id
         AND w.user_id = s.creator_id AND w.paused_at IS NULL AND w.removed_at IS NULL)
 OR EXISTS (SELECT 1 FROM telling_settings k WHERE k.organization_id = s.organization_id
            AND k.user_id = s.creator_id AND k.mails <> 'off'))
"""
# CROSS JOIN makes the embedded database start from the lines.
_NOTE = text(f"""
INSERT INTO told_links (share_id, waiting, opened_at)
SELECT a.share_id, count(*), max(a.at) FROM audit a CROSS JOIN shares s
WHERE a.id > :mark AND a.id <= :newest AND a.outcome = {_OPENED} AND s.id = a.share_id AND {IS_TOLD}
GROUP BY a.share_id
ON CONFLICT (share_id) DO UPDATE
SET waiting = told_links.waiting + excluded.waiting, opened_at = excluded.opened_at
""")  # noqa: S608 (made of constants)
_LINES = f"""
(SELECT DISTINCT share_id FROM audit WHERE id > :mark AND id <= :newest AND outcome = {_OPENED})
"""  # noqa: S608 (made of constants)
_MARK_SPENT = text(f"""
UPDATE told_links SET is_spent = 1
WHERE spent_at IS NULL AND share_id IN {_LINES}
  AND EXISTS (SELECT 1 FROM shares s WHERE s.id = told_links.share_id AND s.opens >= s.max_opens)
""")  # noqa: S608 (made of constants)
# Of a link that was told as spread lately, or is to be now, nothing is kept.
_KEEP_NETWORKS = text(f"""
INSERT INTO told_networks (share_id, prefix, seen_at)
SELECT a.share_id, c.prefix, max(a.at) FROM audit a CROSS JOIN shares s
JOIN told_links t ON t.share_id = s.id
JOIN telling_settings k ON k.organization_id = s.organization_id AND k.user_id = s.creator_id
JOIN clients c ON c.id = a.client_id
WHERE a.id > :mark AND a.id <= :newest AND a.outcome = {_OPENED} AND s.id = a.share_id
  AND t.is_spread = 0 AND coalesce(t.spread_at, 0) <= :since AND k.spread_networks IS NOT NULL
GROUP BY a.share_id, c.prefix
ON CONFLICT (share_id, prefix) DO UPDATE SET seen_at = excluded.seen_at
""")  # noqa: S608 (made of constants)
_MARK_SPREAD = text(f"""
UPDATE told_links SET is_spread = 1 WHERE share_id IN (
    SELECT n.share_id FROM told_networks n JOIN shares s ON s.id = n.share_id
    JOIN telling_settings k ON k.organization_id = s.organization_id AND k.user_id = s.creator_id
    WHERE n.share_id IN {_LINES} AND n.seen_at > :since
    GROUP BY n.share_id, k.spread_networks HAVING count(*) > k.spread_networks)
""")  # noqa: S608 (made of constants)


def note_opens(connection: Connection, now_us: int) -> None:
    """Note the opens of some lines that were counted since the last time, of links whose owners want to be
    told; and which of them are spent now, or have spread. Runs in a writing transaction, like everything here
    that writes."""
    mark = open_counts.find_mark(connection, MARK)
    newest = min(open_counts.find_mark(connection), mark + MOST_LINES)
    if newest <= mark:
        return
    lines = {"mark": mark, "newest": newest}
    connection.execute(_NOTE, lines)
    connection.execute(_MARK_SPENT, lines)
    lately = lines | {"since": now_us - SPREAD_US}
    if connection.execute(_KEEP_NETWORKS, lately).rowcount:
        connection.execute(_MARK_SPREAD, lately)
    open_counts.set_mark(connection, MARK, newest)


def is_behind(connection: Connection) -> bool:
    """Whether opens were counted that weren't looked at."""
    return open_counts.find_mark(connection) > open_counts.find_mark(connection, MARK)


def skip_opens(connection: Connection) -> None:
    """Go on behind all that was counted, because nobody wants to be told."""
    open_counts.set_mark(connection, MARK, open_counts.find_mark(connection))


def forget_networks(connection: Connection, share_ids: list[int]) -> None:
    """Forget from where these links were opened: it's told that they spread."""
    connection.execute(delete(_NETWORKS).where(_NETWORKS.c.share_id.in_(share_ids)))


def delete_networks(connection: Connection, now_us: int) -> int:
    """Delete some networks that were seen too long ago to count; return how many. Call until it returns 0."""
    old = connection.execute(
        select(_NETWORKS.c.share_id, _NETWORKS.c.prefix)
        .where(_NETWORKS.c.seen_at <= now_us - SPREAD_US)
        .limit(_DELETED_PER_STEP)
    ).all()
    if old:
        one = text("DELETE FROM told_networks WHERE share_id = :share AND prefix = :prefix")
        connection.execute(one, [{"share": share, "prefix": prefix} for share, prefix in old])
    return len(old)
