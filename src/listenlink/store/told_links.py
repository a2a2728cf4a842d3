"""What of links was told already, and what is to be told now."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text, update

from listenlink.clock import HOUR_US
from listenlink.model.notice import ENDING_US, LATELY_US, OPENS_EVERY_US, Notice
from listenlink.model.owner import Owner
from listenlink.store import tables
from listenlink.store.audit import open_counts
from listenlink.store.told_opens import IS_TOLD, forget_networks

_TOLD = tables.told_links
# Up to which moment ends were told, in epoch µs.
_ENDS = "told_ends"
# How late it's still told that a link has ended.
_ENDED_WITHIN_US = 24 * HOUR_US
# The moment is noted no more often: it only keeps what is looked through short.
_ENDS_EVERY_US = HOUR_US // 6

_LINK = """
s.id, s.organization_id, s.creator_id, s.label, s.track_id, s.collection_id, s.opens, s.max_opens,
s.expires_at, coalesce(t.waiting, 0), t.opened_at
"""
_FOUND = f"SELECT {_LINK} FROM told_links t JOIN shares s ON s.id = t.share_id WHERE "  # noqa: S608
_OPENED_NOW = text(
    _FOUND + "t.waiting > 0 AND (t.told_at IS NULL OR t.told_at <= :before) LIMIT :most"
)
_SPENT_NOW = text(_FOUND + "t.is_spent = 1 LIMIT :most")
# What was told is told again once the end is another: so long that it was told for the one before.
_ENDING_NOW = text(
    _FOUND + "s.expires_at > :now AND s.expires_at <= :soon AND s.revoked_at IS NULL"
    " AND (t.ending_at IS NULL OR t.ending_at < s.expires_at - :within)"
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
{_ANY} s.expires_at >= :since AND s.expires_at <= :now AND s.revoked_at IS NULL
  AND (t.ended_at IS NULL OR t.ended_at < s.expires_at) AND {IS_TOLD}
ORDER BY s.expires_at LIMIT :most
""")
_SPREAD_NOW = text(f"""
SELECT {_LINK}, k.spread_networks FROM told_links t JOIN shares s ON s.id = t.share_id
LEFT JOIN telling_settings k ON k.organization_id = s.organization_id AND k.user_id = s.creator_id
WHERE t.is_spread = 1 LIMIT :most
""")  # noqa: S608 (made of constants)
_MARKS = {
    what: text(f"""
INSERT INTO told_links (share_id, {what}_at) VALUES (:share, :now)
ON CONFLICT (share_id) DO UPDATE SET {what}_at = excluded.{what}_at{more}
""")  # noqa: S608 (made of constants)
    for what, more in (
        ("told", ", waiting = 0"),
        ("spent", ", is_spent = 0"),
        ("ending", ""),
        ("ended", ""),
        ("spread", ", is_spread = 0"),
    )
}


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


def find_opened(connection: Connection, now_us: int, most: int) -> list[ToldLink]:
    """Links of which opens are to be told now, at most so many, like all that follow."""
    return _find(connection, _OPENED_NOW, before=now_us - OPENS_EVERY_US, most=most)


def find_spent(connection: Connection, _: int, most: int) -> list[ToldLink]:
    """Links that have no opens left."""
    return _find(connection, _SPENT_NOW, most=most)


def find_ending(connection: Connection, now_us: int, most: int) -> list[ToldLink]:
    """Links that were opened lately and end within a day."""
    soon, lately = now_us + ENDING_US, now_us - LATELY_US
    asked = {"now": now_us, "soon": soon, "within": ENDING_US, "lately": lately, "most": most}
    return _find(connection, _ENDING_NOW, **asked)


def find_ended(connection: Connection, now_us: int, most: int) -> list[ToldLink]:
    """Links that have ended by themselves, since all were told that had."""
    since = max(open_counts.find_mark(connection, _ENDS), now_us - _ENDED_WITHIN_US)
    return _find(connection, _ENDED_NOW, now=now_us, since=since, most=most)


def is_long_since_ends(connection: Connection, now_us: int) -> bool:
    """Whether `note_ends` should be called, although no link has ended: else ever more is looked through. A
    clock that was set back leaves a mark that is ahead."""
    return not 0 <= now_us - open_counts.find_mark(connection, _ENDS) <= _ENDS_EVERY_US


def note_ends(connection: Connection, now_us: int) -> None:
    """Note that all ends up to now were told."""
    open_counts.set_mark(connection, _ENDS, now_us)


def find_spread(connection: Connection, _: int, most: int) -> list[tuple[ToldLink, int | None]]:
    """Links that have spread, each with the number of networks that it takes; None if its owner doesn't want
    to be told any more."""
    rows = connection.execute(_SPREAD_NOW, {"most": most})
    return [(_told(row[:-1]), row[-1]) for row in rows]


def get_link(connection: Connection, share_id: int) -> ToldLink:
    """A link as its owner is told of it, which there is."""
    return _told(connection.execute(_GET, {"id": share_id}).one())


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
    `spread`. Runs in a writing transaction, like everything here that writes."""
    if numbers:
        connection.execute(_MARKS[what], [{"share": number, "now": now_us} for number in numbers])
    if what == "spread":
        forget_networks(connection, list(numbers))


def forget_spent(connection: Connection, share_id: int) -> None:
    """A link has another limit now: that it's spent will be told anew."""
    connection.execute(
        update(_TOLD).where(_TOLD.c.share_id == share_id).values(spent_at=None, is_spent=0)
    )


def _find(connection: Connection, sql: TextClause, **asked: int) -> list[ToldLink]:
    return [_told(row) for row in connection.execute(sql, asked)]


def _told(row: Sequence[Any]) -> ToldLink:
    number, organization_id, user_id, *rest = row
    return ToldLink(number, Owner(organization_id, user_id), *rest)
