"""What a link leads to today: a track that exists, or the tracks of a collection that exists, in order.

Said once, as text, for all SQL that asks it: where the link is `s` and a track that it may lead to is `t`.
"""

from __future__ import annotations

# As many tracks of a collection are shown.
MOST_TRACKS = 500

# A condition: the link's target exists.
EXISTS = """
(EXISTS (SELECT 1 FROM tracks WHERE id = s.track_id AND removed_at IS NULL)
 OR EXISTS (SELECT 1 FROM collections WHERE id = s.collection_id AND removed_at IS NULL))
"""
# A condition: the link leads to the track.
LEADS_TO = """
(t.removed_at IS NULL
 AND (s.track_id = t.id
      OR EXISTS (SELECT 1 FROM collection_tracks m
                 JOIN collections k ON k.id = m.collection_id AND k.removed_at IS NULL
                 WHERE m.collection_id = s.collection_id AND m.track_id = t.id)))
"""
# The tracks that the link `:share` shows, at most `:most`, with their positions; `of_all` is how many there
# are. That their collection exists is to be asked besides.
SHOWN = """
SELECT t.id AS track_id, m.position, count(*) OVER () AS of_all
FROM (SELECT track_id, position FROM collection_tracks
      WHERE collection_id = (SELECT collection_id FROM shares WHERE id = :share)
      UNION ALL
      SELECT track_id, 0 FROM shares WHERE id = :share) m
JOIN tracks t ON t.id = m.track_id AND t.removed_at IS NULL
ORDER BY m.position LIMIT :most
"""
