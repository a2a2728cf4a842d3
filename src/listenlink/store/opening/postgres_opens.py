"""The SQL of the open on PostgreSQL: find the links of a batch and number its clients; then, once it's
decided, commit it whole.

Between the two nothing is locked and no transaction is open, so a node that hangs or dies holds up
nobody. `keep_opens` (a function in the database, made by the migrations) is the transaction: it locks
the links that have a limit in order of their ids, checks whether what was found still holds, counts,
and writes the audit. If it doesn't hold, nothing is written and the batch is decided again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from listenlink.store.audit.open_counts import SETTLED
from listenlink.store.database.postgres import Raw
from listenlink.store.lives import COUNTED_LIFE
from listenlink.store.opening.open_rows import (
    MOST_TRACKS,
    AuditLine,
    FoundCollection,
    FoundLink,
    FoundTrack,
    LimitedLine,
)

_TRACK_COLUMNS = """
t.id, t.removed_at, t.title, t.engine, t.mode, t.sample_count, t.sample_rate, t.instrumental,
t.stamp_class, t.stamp_version, t.stamp_requires_attribution, t.stamp_attribution_text, t.created_at
"""
# The digest, in hex, of the audio that is played. Requested only if a URL is made from it, because it costs
# a look-up in another table.
_OBJECT_COLUMNS = (
    ", ''",
    """,
(SELECT encode(coalesce(a.rendition_digest, a.digest), 'hex') FROM audio_objects a WHERE a.id = t.audio_id)
""",
)

# As on the embedded database, a token that doesn't exist costs the same work, done on another link's row
# and thrown away: the timing of a refusal must not reveal whether the link ever existed.
_FIND_LINKS = """
SELECT (SELECT audit_id FROM audit_progress WHERE name = '{settled}'),
    CASE WHEN asked.place = 1 THEN (SELECT name_clients($2, $3, $4)) END,
    CASE WHEN s.token_digest = asked.digest THEN asked.place ELSE 0 END,
    {life}, s.id, s.visibility, s.strict_open, {track},
    c.id, c.removed_at, c.name, c.description
FROM unnest($1::bytea[]) WITH ORDINALITY asked(digest, place)
LEFT JOIN shares s ON s.id = coalesce(
    (SELECT id FROM shares WHERE token_digest = asked.digest),
    (SELECT id FROM shares ORDER BY id LIMIT 1))
LEFT JOIN tracks t ON t.id = s.track_id
LEFT JOIN collections c ON c.id = s.collection_id
""".replace("{life}", COUNTED_LIFE)
_LINK, _TRACK, _COLLECTION = 3, 13, 27

_FIND_MEMBERS = """
SELECT m.collection_id, {track}
FROM unnest($1::bigint[]) asked(id)
CROSS JOIN LATERAL (
    SELECT m.collection_id, m.track_id, m.position
    FROM collection_tracks m JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
    WHERE m.collection_id = asked.id ORDER BY m.position LIMIT {most}
) m
JOIN tracks t ON t.id = m.track_id
ORDER BY m.collection_id, m.position
"""


def _with_and_without_object(sql: str) -> tuple[str, ...]:
    """Return the SQL without the object's digest, and with it."""
    return tuple(
        sql.format(track=_TRACK_COLUMNS + column, settled=SETTLED, most=MOST_TRACKS)
        for column in _OBJECT_COLUMNS
    )


_LINKS_SQL = _with_and_without_object(_FIND_LINKS)
_MEMBERS_SQL = _with_and_without_object(_FIND_MEMBERS)

_KEEP = f"SELECT keep_opens({', '.join(f'${n}' for n in range(1, 19))})"


class Found(NamedTuple):
    """Links by their token's digest, whatever state they're in. `turn` says as of when. `clients` holds
    the numbers that were asked for."""

    turn: int
    clients: list[int]
    links: dict[bytes, FoundLink]


async def find_links(
    connection: Raw,
    token_digests: Collection[bytes],
    with_objects: bool,
    day: int,
    unnamed: Sequence[tuple[bytes, str]],
) -> Found:
    """Return the links with these tokens, their tracks `with_objects` if wanted; and the numbers of the
    unnamed (pseudonym, prefix) clients on this day, in order, found or newly given: durable once `keep`
    is."""
    digests = list(token_digests)
    pseudonyms, prefixes = zip(*unnamed, strict=True) if unnamed else ((), ())
    rows = await connection.fetch(
        _LINKS_SQL[with_objects], digests or [b""], day, pseudonyms, prefixes
    )
    links = {digests[row[2] - 1]: _link(row) for row in rows if row[2]}
    clients = next(row[1] for row in rows if row[1] is not None)
    return Found(rows[0][0], clients, links)


def _link(row: Sequence[Any]) -> FoundLink:
    track = collection = None
    if row[_TRACK] is not None:
        track = FoundTrack._make(row[_TRACK:_COLLECTION])
    if row[_COLLECTION] is not None:
        collection = FoundCollection._make(row[_COLLECTION:])
    return FoundLink(*(*row[_LINK:_TRACK], track, collection))


async def find_members(
    connection: Raw, collection_ids: Collection[int], with_objects: bool
) -> dict[int, list[FoundTrack]]:
    """Return the existing tracks of each of these collections, in order, at most 500."""
    members: dict[int, list[FoundTrack]] = {number: [] for number in collection_ids}
    for row in await connection.fetch(_MEMBERS_SQL[with_objects], list(collection_ids)):
        members[row[0]].append(FoundTrack._make(row[1:]))
    return members


async def keep(
    connection: Raw,
    turn: int,
    granted: Mapping[int, int],
    lines: Sequence[AuditLine],
    limited: Sequence[LimitedLine],
) -> bool:
    """Count the granted opens of links with a limit, and write the audit, durably.

    Returns False, having written nothing, if a link has fewer opens left than were granted, or if any
    link's limit was changed since the batch's links were found.
    """
    columns = zip(*lines, strict=True) if lines else ((),) * len(AuditLine._fields)
    counts = zip(*limited, strict=True) if limited else ((),) * len(LimitedLine._fields)
    kept = await connection.fetchval(
        _KEEP, turn, list(granted), list(granted.values()), *columns, *counts
    )
    return bool(kept)
