"""The SQL of the open on the embedded database, on the raw driver: find, count, write the audit line.

Everything here runs inside the one transaction of `store/opening/group_commit.py`, as one statement for
all requests in a batch: Python's SQLite gives up the interpreter at every row and has to compete with the
server's own threads to get it back, which costs more than the row. So lists are returned as JSON.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain

import msgspec

from listenlink.store.audit.numbers import NEXT_CLIENT, NEXT_LINE
from listenlink.store.lives import link_columns
from listenlink.store.opening.open_rows import (
    COLLECTION_COLUMNS,
    MOST_TRACKS,
    AuditLine,
    CountedDownload,
    Found,
    FoundLink,
    FoundTrack,
    LimitedLine,
    track_columns,
)

_NOBODYS = -1

# `digests` is all of them, one after the other, `numbers` the JSON list of theirs from 0. A token that
# doesn't exist costs the same work, done on another link's row and thrown away: the timing of a refusal
# must not reveal whether the link ever existed.
_FIND_LINKS = """
SELECT json_group_array(json_array(
    iif(s.token_digest = substr(:digests, 1 + 32 * asked.value, 32), asked.value, -1), json_array({link})))
FROM json_each(:numbers) asked
CROSS JOIN shares s ON s.id = coalesce(
    (SELECT id FROM shares WHERE token_digest = substr(:digests, 1 + 32 * asked.value, 32)),
    (SELECT min(id) FROM shares))
LEFT JOIN tracks t ON t.id = s.track_id
LEFT JOIN collections c ON c.id = s.collection_id
"""
_FIND_MEMBERS = """
SELECT json_group_array(json_array({track}))
FROM (SELECT track_id FROM collection_tracks WHERE collection_id = ? ORDER BY position) m
CROSS JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
"""
# Without the digest of the audio that is played, and with it: that costs a look-up in another table. Of a
# track that has had several versions it's each one's, by number, as text:
# else it would be an object within the list.
_OBJECT = """
iif(t.versions IS NULL,
    (SELECT lower(hex(coalesce(a.rendition_digest, a.digest))) FROM audio_objects a WHERE a.id = t.audio_id),
    (SELECT json_group_object(v.number, lower(hex(coalesce(a.rendition_digest, a.digest))))
        || ''
     FROM track_versions v JOIN audio_objects a ON a.id = v.audio_id WHERE v.track_id = t.id))
"""
_TRACKS = track_columns("''"), track_columns(_OBJECT)
_COLLECTION = f"iif(c.id IS NULL, NULL, json_array({COLLECTION_COLUMNS}))"
_LINKS = [
    link_columns(
        FoundLink, track=f"iif(t.id IS NULL, NULL, json_array({one}))", collection=_COLLECTION
    )
    for one in _TRACKS
]
_LINKS_SQL = [_FIND_LINKS.format(link=link) for link in _LINKS]
_MEMBERS_SQL = [_FIND_MEMBERS.format(track=track) for track in _TRACKS]

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
INSERT INTO audit (id, {columns}) VALUES
""".format(columns=", ".join(AuditLine._fields))
_PLACES = ",?" * len(AuditLine._fields)

_WRITE_LIMITED = """
INSERT INTO limited ({columns}, count) VALUES (?{places})
ON CONFLICT (client_id, minute, reason) DO UPDATE SET count = count + excluded.count
""".format(columns=", ".join(LimitedLine._fields[:-1]), places=",?" * len(LimitedLine._fields[1:]))

_COUNT_DOWNLOADS = """
INSERT INTO track_days (share_id, day, track_id, version, downloads) VALUES (?, ?, ?, ?, 1)
ON CONFLICT (share_id, day, track_id, version) DO UPDATE SET downloads = downloads + 1
"""

# `pseudonyms` is all of them, 16 bytes each, `prefixes` the JSON list of theirs in the same order.
_ADD_CLIENTS = """
INSERT INTO clients (id, day, pseudonym, prefix)
SELECT :first + key, :day, substr(:pseudonyms, 1 + 16 * key, 16), value FROM json_each(:prefixes) WHERE true
ON CONFLICT (day, pseudonym) DO NOTHING
"""
_FIND_CLIENTS = """
SELECT json_group_array(json_array(named.key, c.id)) FROM json_each(:prefixes) named
CROSS JOIN clients c ON c.day = :day AND c.pseudonym = substr(:pseudonyms, 1 + 16 * named.key, 16)
"""

_decode_links = msgspec.json.Decoder(list[tuple[int, FoundLink]]).decode
_decode_numbers = msgspec.json.Decoder(list[tuple[int, int]]).decode
_decode_tracks = msgspec.json.Decoder(list[FoundTrack]).decode


@lru_cache(maxsize=1024)
def _numbers(count: int) -> str:
    return "[" + ",".join(map(str, range(count))) + "]"


async def find_links(
    connection: sqlite3.Connection,
    token_digests: Collection[bytes],
    with_objects: bool,
    day: int,
    unnamed: Sequence[tuple[bytes, str]],
) -> Found:
    """Return the links, and the numbers of the unnamed clients. `turn` is 0: nobody else writes meanwhile."""
    digests = list(token_digests)
    links = {}
    if digests:
        (found,) = connection.execute(
            _LINKS_SQL[with_objects],
            {"digests": b"".join(digests), "numbers": _numbers(len(digests))},
        ).fetchone()
        links = dict(_decode_links(found))
        links.pop(_NOBODYS, None)
    clients = _find_or_add_clients(connection, day, unnamed) if unnamed else []
    return Found(0, clients, {digests[number]: link for number, link in links.items()})


async def find_members(
    connection: sqlite3.Connection, collection_ids: Collection[int], with_objects: bool
) -> dict[int, list[FoundTrack]]:
    """Return the existing tracks of each of these collections, in order, at most 500."""
    sql = _MEMBERS_SQL[with_objects]
    return {
        number: _decode_tracks(connection.execute(sql, (number,)).fetchone()[0])[:MOST_TRACKS]
        for number in collection_ids
    }


async def keep(
    connection: sqlite3.Connection,
    _turn: int,
    granted: Mapping[int, int],
    lines: Sequence[AuditLine],
    limited: Sequence[LimitedLine],
    downloads: Sequence[CountedDownload],
) -> bool:
    """Count and write. Raises RuntimeError instead of returning False: nobody else counts meanwhile."""
    if not count_opens(connection, granted):
        raise RuntimeError("more opens were granted than a link has left")
    write_audit(connection, lines)
    if limited:
        connection.executemany(_WRITE_LIMITED, limited)
    if downloads:
        connection.executemany(_COUNT_DOWNLOADS, downloads)
    return True


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
        (first,) = connection.execute(NEXT_LINE).fetchone()
        connection.execute(_audit_sql(len(lines)), (first, *chain.from_iterable(lines)))


@lru_cache(maxsize=1024)
def _audit_sql(lines: int) -> str:
    return f"{_WRITE_AUDIT}(?{_PLACES})" + f",(NULL{_PLACES})" * (lines - 1)


def _find_or_add_clients(
    connection: sqlite3.Connection, day: int, named: Sequence[tuple[bytes, str]]
) -> list[int]:
    """Return the numbers of these (pseudonym, prefix) clients on this day, in order, adding new ones."""
    (first,) = connection.execute(NEXT_CLIENT).fetchone()
    asked = {
        "day": day,
        "pseudonyms": b"".join(pseudonym for pseudonym, _ in named),
        "prefixes": msgspec.json.encode([prefix for _, prefix in named]).decode(),
        "first": first,
    }
    connection.execute(_ADD_CLIENTS, asked)
    (found,) = connection.execute(_FIND_CLIENTS, asked).fetchone()
    numbers = dict(_decode_numbers(found))
    return [numbers[place] for place in range(len(named))]
