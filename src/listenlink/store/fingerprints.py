"""A fingerprint of all that a link's page shows: as long as it's the same, so is the page.

It's read for every request, so it's one statement, and the database assembles its text: reading 500
rows into Python costs more than everything else. What is derived from audio is large and never changes once
it has been derived, so the fingerprint only covers when that was and what there is. A cover that was given
never changes either: another one has another number.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, text

from listenlink.store.database.database import is_postgres
from listenlink.store.targets import EXISTS, MOST_TRACKS, SHOWN

# Every column that `store/pages.py` reads for a page is listed here; a test goes through the tables.
# JSON, because in it no title can look like two. What is stored of versions begins with a number that each
# change raises (`model/versions.py`); which of them is shown depends on the link. Marks, of which
# those of older versions hold for the one that is shown, are a list of their own: that costs less than to
# look them up track by track.
_FIND = """
WITH shown AS ({shown})
SELECT CAST({array}(
    s.id, s.rotation, s.visibility, s.allow_download, s.preview, s.expires_at, s.created_at,
    c.id, c.name, c.description, c.cover_track_id,
    k.id, k.cover_digest IS NOT NULL, k.cover_small_digest IS NOT NULL,
    (SELECT {list}({array}(
        shown.position, t.id, t.title, t.artist, t.engine, t.sample_count, t.sample_rate, t.created_at,
        t.stamp_class, t.stamp_version, t.stamp_requires_attribution, t.stamp_attribution_text,
        t.declared, shown.version, substr(t.versions, 1, 8), shown.audio_id,
        a.derived_at, length(a.peaks), a.cover_digest IS NOT NULL, a.cover_small_digest IS NOT NULL,
        g.id, g.cover_digest IS NOT NULL, g.cover_small_digest IS NOT NULL))
     FROM shown
     JOIN tracks t ON t.id = shown.track_id
     JOIN audio_objects a ON a.id = shown.audio_id
     LEFT JOIN given_covers g ON g.track_id = t.id),
    (SELECT {list}({array}(
        m.track_id, m.version, m.by_engine, m.engine, m.by_creator, m.by_file, m.file_says, signed.ai))
     FROM shown
     JOIN track_marks m ON m.track_id = shown.track_id AND m.version <= shown.version
     LEFT JOIN manifests signed ON signed.track_id = m.track_id AND signed.version = m.version),
    (SELECT max(of_all) FROM shown)) AS TEXT),
    s.collection_id IS NOT NULL
FROM shares s
LEFT JOIN collections c ON c.id = s.collection_id
LEFT JOIN given_covers k ON k.collection_id = c.id
WHERE s.id = :share AND {exists}
"""
_TARGET = {"shown": SHOWN, "exists": EXISTS}
_SQLITE = text(_FIND.format(**_TARGET, array="json_array", list="json_group_array"))
_POSTGRES = text(_FIND.format(**_TARGET, array="json_build_array", list="json_agg"))


class Fingerprint(NamedTuple):
    """`digest` is that of all that is shown of a link. Whether that is a collection indicates how much it
    is."""

    digest: bytes
    is_collection: bool


def find_fingerprint(connection: Connection, share_id: int) -> Fingerprint | None:
    """Return the fingerprint of what a link shows now; None if the link or its target is gone."""
    sql = _POSTGRES if is_postgres(connection) else _SQLITE
    row = connection.execute(sql, {"share": share_id, "most": MOST_TRACKS}).one_or_none()
    if row is None:
        return None
    shown, is_collection = row
    return Fingerprint(hashlib.sha256(shown.encode()).digest(), bool(is_collection))
