"""The SQL of the open on the embedded database, on the raw driver: find, count, write the audit line.

Everything here runs inside the one transaction of `store/opening/group_commit.py`, as one statement for
all requests in a batch: Python's SQLite gives up the interpreter at every row and has to compete with the
server's own threads to get it back, which costs more than the row. So lists are returned as JSON.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from listenlink.store.audit.numbers import NEXT_CLIENT, NEXT_LINE
from listenlink.store.lives import COUNTED_LIFE
from listenlink.store.opening.open_rows import (
    MOST_TRACKS,
    AuditLine,
    FoundLink,
    FoundTrack,
    LimitedLine,
)

_NOBODYS = -1

_TRACK_COLUMNS = """
t.id, t.removed_at, t.title, t.engine, t.mode, t.sample_count, t.sample_rate, t.instrumental,
t.stamp_class, t.stamp_version, t.stamp_requires_attribution, t.stamp_attribution_text, t.created_at
"""

# The digest, in hex, of the audio that is played. Requested only if a URL is made from it, because it costs
# a look-up in another table.
_OBJECT_COLUMN = """,
(SELECT lower(hex(coalesce(a.rendition_digest, a.digest))) FROM audio_objects a WHERE a.id = t.audio_id)
"""

# ?1 is all digests, one after the other, and ?2 the JSON list of their numbers from 0. A token that
# doesn't exist costs the same work, done on another link's row and thrown away: the timing of a refusal
# must not reveal whether the link ever existed.
_FIND_LINKS = """
SELECT json_group_array(json_array(
    {life}, s.id, s.visibility, s.strict_open,
    iif(t.id IS NULL, NULL, json_array({track})),
    iif(c.id IS NULL, NULL, json_array(c.id, c.removed_at, c.name, c.description)),
    iif(s.token_digest = substr(?1, 1 + 32 * asked.value, 32), asked.value, -1)))
FROM json_each(?2) asked
CROSS JOIN shares s ON s.id = coalesce(
    (SELECT id FROM shares WHERE token_digest = substr(?1, 1 + 32 * asked.value, 32)),
    (SELECT min(id) FROM shares))
LEFT JOIN tracks t ON t.id = s.track_id
LEFT JOIN collections c ON c.id = s.collection_id
""".replace("{life}", COUNTED_LIFE)

_FIND_MEMBERS = """
SELECT json_group_array(json_array({track}))
FROM (SELECT track_id FROM collection_tracks WHERE collection_id = ? ORDER BY position) m
CROSS JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
"""


def _with_and_without_object(sql: str) -> tuple[str, str]:
    """Return the SQL without the object's digest, and with it."""
    return sql.format(track=_TRACK_COLUMNS), sql.format(track=_TRACK_COLUMNS + _OBJECT_COLUMN)


_LINKS_SQL = _with_and_without_object(_FIND_LINKS)
_MEMBERS_SQL = _with_and_without_object(_FIND_MEMBERS)

# Only links with a limit are counted here. For the others the audit's line is the count: adding it up
# (`store/audit/open_counts.py`) can wait, and dirtying a page of `shares` for each open costs more than the
# whole audit. The condition is in the UPDATE itself: no count can exceed max_opens, whoever else counts.
_COUNT_OPENS = """
UPDATE shares SET opens = shares.opens + granted.opens
FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS opens
      FROM json_each(?)) granted
WHERE shares.id = granted.id
  AND (shares.max_opens IS NULL OR shares.opens + granted.opens <= shares.max_opens)
"""

# The first line's number is given, because the newest line may have been deleted; each other is the next.
_WRITE_AUDIT = """
INSERT INTO audit (id, at, outcome, reason, share_id, trace, client_id, agent, referrer) VALUES
(?,?,?,?,?,?,?,?,?)"""
_NEXT_PLACES = ",(NULL,?,?,?,?,?,?,?,?)"

_WRITE_LIMITED = """
INSERT INTO limited (client_id, minute, reason, at, trace, agent, count)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (client_id, minute, reason) DO UPDATE SET count = count + excluded.count
"""

# ?2 is all pseudonyms, 16 bytes each, and ?3 the JSON list of their prefixes in the same order.
_ADD_CLIENTS = """
INSERT INTO clients (id, day, pseudonym, prefix)
SELECT ?4 + key, ?1, substr(?2, 1 + 16 * key, 16), value FROM json_each(?3) WHERE true
ON CONFLICT (day, pseudonym) DO NOTHING
"""
_FIND_CLIENTS = """
SELECT json_group_array(json_array(named.key, c.id)) FROM json_each(?3) named
CROSS JOIN clients c ON c.day = ?1 AND c.pseudonym = substr(?2, 1 + 16 * named.key, 16)
"""


class _Row(FoundLink, frozen=True, array_like=True):
    """A link as JSON, which is for the request of this number."""

    number: int


_decode_links = msgspec.json.Decoder(list[_Row]).decode
_decode_numbers = msgspec.json.Decoder(list[tuple[int, int]]).decode
_decode_tracks = msgspec.json.Decoder(list[FoundTrack]).decode


@lru_cache(maxsize=1024)
def _numbers(count: int) -> str:
    return "[" + ",".join(map(str, range(count))) + "]"


def find_links(
    connection: sqlite3.Connection, token_digests: Collection[bytes], with_objects: bool
) -> dict[bytes, FoundLink]:
    """Return the links with these tokens, whatever state they're in, by digest; their tracks
    `with_objects` if wanted."""
    digests = list(token_digests)
    (found,) = connection.execute(
        _LINKS_SQL[with_objects], (b"".join(digests), _numbers(len(digests)))
    ).fetchone()
    return {digests[row.number]: row for row in _decode_links(found) if row.number != _NOBODYS}


def find_members(
    connection: sqlite3.Connection, collection_id: int, with_objects: bool
) -> list[FoundTrack]:
    """Return the collection's existing tracks, in order, at most 500."""
    (found,) = connection.execute(_MEMBERS_SQL[with_objects], (collection_id,)).fetchone()
    return _decode_tracks(found)[:MOST_TRACKS]


def count_opens(connection: sqlite3.Connection, granted: Mapping[int, int]) -> bool:
    """Count opens of links with a limit. False if they would exceed the `max_opens` of one of them: then the
    transaction must not be committed."""
    if not granted:
        return True
    pairs = msgspec.json.encode(list(granted.items())).decode()
    return connection.execute(_COUNT_OPENS, (pairs,)).rowcount == len(granted)


def write_audit(connection: sqlite3.Connection, lines: Sequence[AuditLine]) -> None:
    """Append these lines to the audit."""
    if lines:
        first = connection.execute(NEXT_LINE).fetchone()
        connection.execute(_audit_sql(len(lines)), (*first, *chain.from_iterable(lines)))


@lru_cache(maxsize=1024)
def _audit_sql(lines: int) -> str:
    return _WRITE_AUDIT + _NEXT_PLACES * (lines - 1)


def write_limited(connection: sqlite3.Connection, lines: Iterable[LimitedLine]) -> None:
    """Add to the counts of limited requests (429s)."""
    connection.executemany(_WRITE_LIMITED, lines)


def find_or_add_clients(
    connection: sqlite3.Connection, day: int, named: Sequence[tuple[bytes, str]]
) -> list[int]:
    """Return the numbers of these (pseudonym, prefix) clients on this day, in order, adding new ones."""
    pseudonyms = b"".join(pseudonym for pseudonym, _ in named)
    prefixes = msgspec.json.encode([prefix for _, prefix in named]).decode()
    first = connection.execute(NEXT_CLIENT).fetchone()
    connection.execute(_ADD_CLIENTS, (day, pseudonyms, prefixes, *first))
    (found,) = connection.execute(_FIND_CLIENTS, (day, pseudonyms, prefixes)).fetchone()
    numbers = dict(_decode_numbers(found))
    return [numbers[place] for place in range(len(named))]
