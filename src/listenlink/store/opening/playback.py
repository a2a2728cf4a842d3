"""What playback needs: whether a link still leads to a track, and where its bytes are.

For PostgreSQL see `store/opening/postgres_playback.py`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple, Protocol

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.sqlite import connect
from listenlink.store.opening.open_rows import columns
from listenlink.store.suspensions import OF_LINK


class Playable(NamedTuple):
    """A link's state and the audio it leads to. Times in epoch µs. Nothing is found for a user whose
    organisation, or the track's, is suspended."""

    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    rotation: int
    suspended_at: int | None
    digest: bytes
    size_bytes: int
    content_type: str


# Of a rendition if there is one, else of the audio as it was uploaded.
_AUDIO = {
    field: f"coalesce(a.rendition_{field}, a.{field})"
    for field in ("digest", "size_bytes", "content_type")
}
_NO_LINK = dict.fromkeys(Playable._fields, "NULL") | {"rotation": "0"}

# For one question or a list of them: `asked` is then the list, to be joined with what is found.
SHARED_SQL = """
SELECT {place} {found}
FROM {asked} shares s
JOIN tracks t ON t.id = {track} AND t.removed_at IS NULL
JOIN audio_objects a ON a.id = t.audio_id
LEFT JOIN collections c ON c.id = s.collection_id
WHERE s.id = {share}
  AND (s.track_id = t.id
       OR (c.removed_at IS NULL AND EXISTS (
             SELECT 1 FROM collection_tracks m
             WHERE m.collection_id = s.collection_id AND m.track_id = t.id)))
""".replace("{found}", columns(Playable._fields, "s", suspended_at=OF_LINK, **_AUDIO))
OWN_SQL = """
SELECT {place} {found}
FROM {asked} tracks t JOIN audio_objects a ON a.id = t.audio_id
WHERE t.id = {track} AND t.removed_at IS NULL
  AND t.organization_id NOT IN (SELECT organization_id FROM suspensions)
  AND (t.creator_id = {user}
       OR EXISTS (SELECT 1 FROM library l WHERE l.track_id = t.id AND l.user_id = {user}
                  AND l.organization_id NOT IN (SELECT organization_id FROM suspensions)))
""".replace("{found}", columns(Playable._fields, "a", **_NO_LINK | _AUDIO))
_FIND_SHARED = SHARED_SQL.format(place="", asked="", share="?1", track="?2")
_FIND_OWN = OWN_SQL.format(place="", asked="", user="?1", track="?2")


class PlaybackReader(Protocol):
    """Point reads. They raise Problem(UNAVAILABLE) if the database can't answer."""

    async def find_shared(self, share_id: int, track_id: int) -> Playable | None:
        """Return the audio of a track if this link leads to it today, else None."""

    async def find_own(self, user_id: int, track_id: int) -> Playable | None:
        """Return the audio of a track if the user made it or has it in their library, else None."""

    def close(self) -> None:
        """Close the connection."""


class SqlitePlaybackReader:
    """Point reads on their own read-only connection, some microseconds each."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, busy_timeout_ms=0, read_only=True)

    async def find_shared(self, share_id: int, track_id: int) -> Playable | None:
        """Return the audio of a track if this link leads to it today, else None."""
        return self._find(_FIND_SHARED, share_id, track_id)

    async def find_own(self, user_id: int, track_id: int) -> Playable | None:
        """Return the audio of a track if the user made it or has it in their library, else None."""
        return self._find(_FIND_OWN, user_id, track_id)

    def _find(self, sql: str, *parameters: int) -> Playable | None:
        try:
            row = self._connection.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise Problem(ProblemKind.UNAVAILABLE) from error
        return None if row is None else Playable._make(row)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
