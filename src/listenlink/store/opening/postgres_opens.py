"""The SQL of the open on PostgreSQL: find the links of a batch and number its clients; then, once it's
decided, commit it whole.

Between the two nothing is locked and no transaction is open, so a node that hangs or dies holds up
nobody. `keep_opens` (a function in the database, made by the migrations) is the transaction: it locks
the links that have a limit in order of their ids, checks whether what was found still holds, counts,
and writes the audit. If it doesn't hold, nothing is written and the batch is decided again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from listenlink.store.audit.open_counts import SETTLED
from listenlink.store.database.postgres import Raw
from listenlink.store.lives import link_columns
from listenlink.store.opening.open_rows import (
    COLLECTION_COLUMNS,
    MOST_TRACKS,
    AuditLine,
    CountedDownload,
    Found,
    FoundCollection,
    FoundLink,
    FoundTrack,
    LimitedLine,
    track_columns,
)

# As on the embedded database, a token that doesn't exist costs the same work, done on another link's row
# and thrown away: the timing of a refusal must not reveal whether the link ever existed.
_FIND_LINKS = """
SELECT (SELECT audit_id FROM audit_progress WHERE name = '{settled}'),
    CASE WHEN asked.place = 1 THEN (SELECT name_clients($2, $3, $4)) END,
    CASE WHEN s.token_digest = asked.digest THEN asked.place ELSE 0 END,
    {link}
FROM unnest($1::bytea[]) WITH ORDINALITY asked(digest, place)
LEFT JOIN shares s ON s.id = coalesce(
    (SELECT id FROM shares WHERE token_digest = asked.digest),
    (SELECT id FROM shares ORDER BY id LIMIT 1))
LEFT JOIN tracks t ON t.id = s.track_id
LEFT JOIN collections c ON c.id = s.collection_id
"""
# Where in such a row they are. The track and the collection are a link's last two.
_LINK = slice(3, 3 + len(FoundLink.__struct_fields__) - 2)
_TRACK = slice(_LINK.stop, _LINK.stop + len(FoundTrack._fields))
_COLLECTION = slice(_TRACK.stop, None)

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

# Without the digest of the audio that is played, and with it: that costs a look-up in another table. Of a
# track that has had several versions it's each one's, by number.
_OBJECT = """
CASE WHEN t.versions IS NULL THEN
    (SELECT encode(coalesce(a.rendition_digest, a.digest), 'hex')
     FROM audio_objects a WHERE a.id = t.audio_id)
ELSE
    (SELECT CAST(json_object_agg(v.number, encode(coalesce(a.rendition_digest, a.digest), 'hex')) AS text)
     FROM track_versions v JOIN audio_objects a ON a.id = v.audio_id WHERE v.track_id = t.id)
END
"""
_TRACKS = track_columns("''"), track_columns(_OBJECT)
_LINKS = [link_columns(FoundLink, track=one, collection=COLLECTION_COLUMNS) for one in _TRACKS]
_LINKS_SQL = [_FIND_LINKS.format(link=link, settled=SETTLED) for link in _LINKS]
_MEMBERS_SQL = [_FIND_MEMBERS.format(track=track, most=MOST_TRACKS) for track in _TRACKS]

# The turn, the granted and their counts, and the lines.
_ARGUMENTS = 3 + len(AuditLine._fields) + len(LimitedLine._fields)
_KEEP = f"SELECT keep_opens({', '.join(f'${n + 1}' for n in range(_ARGUMENTS))})"
# `keep_opens`, and the downloads: only a batch that has any pays for them.
_WITH_DOWNLOADS = _ARGUMENTS + len(CountedDownload._fields)
_KEEP_DOWNLOADS = f"SELECT keep_downloads({', '.join(f'${n + 1}' for n in range(_WITH_DOWNLOADS))})"


async def find_links(
    connection: Raw,
    token_digests: Collection[bytes],
    with_objects: bool,
    day: int,
    unnamed: Sequence[tuple[bytes, str]],
) -> Found:
    """Return the links and the numbers of the unnamed clients, in one round trip."""
    digests = list(token_digests)
    pseudonyms, prefixes = zip(*unnamed, strict=True) if unnamed else ((), ())
    rows = await connection.fetch(
        _LINKS_SQL[with_objects], digests or [b""], day, pseudonyms, prefixes
    )
    links = {digests[row[2] - 1]: _link(row) for row in rows if row[2]}
    clients = next(row[1] for row in rows if row[1] is not None)
    return Found(rows[0][0], clients, links)


def _link(row: Sequence[Any]) -> FoundLink:
    track, collection = row[_TRACK], row[_COLLECTION]
    target = (
        None if track[0] is None else FoundTrack._make(track),
        None if collection[0] is None else FoundCollection._make(collection),
    )
    return FoundLink(*(*row[_LINK], *target))


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
    downloads: Sequence[CountedDownload],
) -> bool:
    """Count and write, durably; False if a link has fewer opens left than were granted, or if any link's
    limit was changed since the batch's links were found."""
    columns = zip(*lines, strict=True) if lines else ((),) * len(AuditLine._fields)
    counts = zip(*limited, strict=True) if limited else ((),) * len(LimitedLine._fields)
    counted = zip(*downloads, strict=True)
    kept = await connection.fetchval(
        _KEEP_DOWNLOADS if downloads else _KEEP,
        turn, list(granted), list(granted.values()), *columns, *counts, *counted,
    )  # fmt: skip
    return bool(kept)
