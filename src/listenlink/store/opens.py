"""The SQL of the open, on the raw driver: find the link, count the open, write the audit line.

Everything here runs inside the one transaction of `store/group_commit.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_FIND_LINK = """
SELECT s.id, s.visibility, s.max_opens, s.opens, s.starts_at, s.expires_at, s.revoked_at, s.rotation,
       t.id, t.removed_at, t.title, t.engine, t.mode, t.sample_count, t.sample_rate, t.instrumental,
       t.stamp_class, t.stamp_version, t.stamp_requires_attribution, t.stamp_attribution_text,
       t.created_at,
       c.id, c.removed_at, c.name, c.description
FROM shares s
LEFT JOIN tracks t ON t.id = s.track_id
LEFT JOIN collections c ON c.id = s.collection_id
WHERE s.token_digest = ?
"""

_FIND_MEMBERS = """
SELECT t.id, t.removed_at, t.title, t.engine, t.mode, t.sample_count, t.sample_rate, t.instrumental,
       t.stamp_class, t.stamp_version, t.stamp_requires_attribution, t.stamp_attribution_text,
       t.created_at
FROM collection_tracks m JOIN tracks t ON t.id = m.track_id
WHERE m.collection_id = ? AND t.removed_at IS NULL
ORDER BY m.position LIMIT 500
"""

# The condition stands in the UPDATE itself: no count can pass max_opens, whoever else counts.
_COUNT_OPENS = """
UPDATE shares SET opens = opens + ?1
WHERE id = ?2 AND (max_opens IS NULL OR opens + ?1 <= max_opens)
"""

_WRITE_AUDIT = """
INSERT INTO audit (at, outcome, reason, share_id, trace, client_id, agent, referrer)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_WRITE_LIMITED = """
INSERT INTO limited (client_id, minute, reason, at, trace, agent, count)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (client_id, minute, reason) DO UPDATE SET count = count + excluded.count
"""

# The update changes nothing: it's there because only a touched row is returned.
_NAME_CLIENT = """
INSERT INTO clients (day, pseudonym, prefix) VALUES (?, ?, ?)
ON CONFLICT (day, pseudonym) DO UPDATE SET day = excluded.day RETURNING id
"""


class FoundTrack(NamedTuple):
    """A track's row as the open needs it."""

    id: int
    removed_at: int | None
    title: str
    engine: str
    mode: str
    sample_count: int
    sample_rate: int
    instrumental: int
    stamp_class: str
    stamp_version: str
    stamp_requires_attribution: int
    stamp_attribution_text: str | None
    created_at: int


class FoundCollection(NamedTuple):
    """A collection's row as the open needs it."""

    id: int
    removed_at: int | None
    name: str
    description: str | None


class FoundLink(NamedTuple):
    """A link's row with its target: exactly one of `track` and `collection` is there."""

    id: int
    visibility: str
    max_opens: int | None
    opens: int
    starts_at: int | None
    expires_at: int | None
    revoked_at: int | None
    rotation: int
    track: FoundTrack | None
    collection: FoundCollection | None


class AuditLine(NamedTuple):
    """One audit line, in the order of the table's columns."""

    at: int
    outcome: int
    reason: int | None
    share_id: int | None
    trace: int
    client_id: int
    agent: int
    referrer: str | None


class LimitedLine(NamedTuple):
    """429s of one client, minute and reason that aren't written yet."""

    client_id: int
    minute: int
    reason: int
    at: int
    trace: int
    agent: int
    requests: int


def find_link(connection: sqlite3.Connection, token_digest: bytes) -> FoundLink | None:
    """The link with this token, whatever state it's in."""
    row = connection.execute(_FIND_LINK, (token_digest,)).fetchone()
    if row is None:
        return None
    track = FoundTrack._make(row[8:21]) if row[8] is not None else None
    collection = FoundCollection._make(row[21:25]) if row[21] is not None else None
    return FoundLink._make((*row[:8], track, collection))


def find_members(connection: sqlite3.Connection, collection_id: int) -> list[FoundTrack]:
    """The collection's tracks that are there, in order, at most 500."""
    return [FoundTrack._make(row) for row in connection.execute(_FIND_MEMBERS, (collection_id,))]


def count_opens(connection: sqlite3.Connection, granted: Mapping[int, int]) -> bool:
    """Count opens by link. False if they would pass the `max_opens` of one of them: then the
    transaction must not be kept."""
    pairs = [(opens, share_id) for share_id, opens in granted.items()]
    return not pairs or connection.executemany(_COUNT_OPENS, pairs).rowcount == len(pairs)


def write_audit(connection: sqlite3.Connection, lines: Iterable[AuditLine]) -> None:
    """Append the lines."""
    connection.executemany(_WRITE_AUDIT, lines)


def write_limited(connection: sqlite3.Connection, lines: Iterable[LimitedLine]) -> None:
    """Add to the counts of refused requests."""
    connection.executemany(_WRITE_LIMITED, lines)


def find_or_add_client(
    connection: sqlite3.Connection, day: int, pseudonym: bytes, prefix: str
) -> int:
    """The number of this client on this day."""
    row = connection.execute(_NAME_CLIENT, (day, pseudonym, prefix)).fetchone()
    return int(row[0])
