"""What a link leads to today: a track that exists, or the tracks of a collection that exists, in order.

Said once, as text, for all SQL that asks it: where the link is `s` and a track that it may lead to is `t`.
"""

from __future__ import annotations

# As many tracks of a collection are shown.
MOST_TRACKS = 500

# Which version of the track a link leads to, and which audio that is; the same as `Versions.shown`
# (`model/versions.py`). Of a track that has had one version, and by a link that follows, it's in the track's
# row.
_PINNED = "s.is_pinned AND t.versions IS NOT NULL"
_NUMBER = """
coalesce((SELECT n.number FROM track_turns n WHERE n.track_id = t.id AND n.since < s.created_at
          ORDER BY n.since DESC LIMIT 1), 1)
"""
_PINNED_AUDIO = f"""
(SELECT v.audio_id FROM track_versions v WHERE v.track_id = t.id AND v.number = {_NUMBER})
"""  # noqa: S608 (made of constants)
SHOWN_VERSION = f"(CASE WHEN {_PINNED} THEN {_NUMBER} ELSE t.version END)"
SHOWN_AUDIO = f"(CASE WHEN {_PINNED} THEN {_PINNED_AUDIO} ELSE t.audio_id END)"
# The audio of the version of a track that is asked for: the track's own row has that of the current one.
AUDIO_OF = """
CASE WHEN t.version = {version} THEN t.audio_id
ELSE (SELECT v.audio_id FROM track_versions v WHERE v.track_id = t.id AND v.number = {version}) END
"""
# A condition: it wasn't removed for good.
_IS_THERE = f"(NOT ({_PINNED}) OR {_PINNED_AUDIO} IS NOT NULL)"

# A condition: the link's target exists.
EXISTS = f"""
(EXISTS (SELECT 1 FROM tracks t WHERE t.id = s.track_id AND t.removed_at IS NULL AND {_IS_THERE})
 OR EXISTS (SELECT 1 FROM collections WHERE id = s.collection_id AND removed_at IS NULL))
"""  # noqa: S608
# A condition: the link leads to the track.
LEADS_TO = f"""
(t.removed_at IS NULL AND {_IS_THERE}
 AND (s.track_id = t.id
      OR EXISTS (SELECT 1 FROM collection_tracks m
                 JOIN collections k ON k.id = m.collection_id AND k.removed_at IS NULL
                 WHERE m.collection_id = s.collection_id AND m.track_id = t.id)))
"""  # noqa: S608
# The tracks that the link `:share` shows, at most `:most`, with their positions, and which version and audio
# of each; `of_all` is how many there are. That their collection exists is to be asked besides.
SHOWN = f"""
SELECT t.id AS track_id, m.position, count(*) OVER () AS of_all, {SHOWN_VERSION} AS version,
    {SHOWN_AUDIO} AS audio_id
FROM shares s
CROSS JOIN (SELECT track_id, position FROM collection_tracks
      WHERE collection_id = (SELECT collection_id FROM shares WHERE id = :share)
      UNION ALL
      SELECT track_id, 0 FROM shares WHERE id = :share) m
JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
WHERE s.id = :share AND {_IS_THERE}
ORDER BY m.position LIMIT :most
"""  # noqa: S608
