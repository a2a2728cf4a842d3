"""What playback needs: whether a link still leads to a track, and where its bytes are.

For PostgreSQL see `store/opening/postgres_playback.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec

from listenlink.errors import Problem, ProblemKind
from listenlink.model.share import Life
from listenlink.store.database.sqlite import connect
from listenlink.store.lives import LIFE
from listenlink.store.targets import AUDIO_OF, LEADS_TO


class Playable(msgspec.Struct, frozen=True, gc=False):
    """Stored audio. `life` is that of the link that leads to it, None where nobody came by a link.
    `has_manifest`: there is a manifest of these very bytes, which isn't in them."""

    digest: bytes
    size_bytes: int
    content_type: str
    life: Life | None = None
    has_manifest: bool = False


# The audio of a rendition if there is one, else that which was uploaded; and whether there is a manifest,
# which is of what was uploaded.
_STORED = ("digest", "size_bytes", "content_type")
_SIGNED = """
a.rendition_digest IS NULL AND EXISTS (
    SELECT 1 FROM manifests g WHERE g.track_id = t.id AND g.version = {version})
"""
AUDIO = ", ".join((*(f"coalesce(a.rendition_{field}, a.{field})" for field in _STORED), _SIGNED))

# For one question or a list of them: `asked` is then the list, to be joined with what is found.
SHARED_SQL = (
    """
SELECT {place} {audio}, {life}
FROM {asked} shares s
JOIN tracks t ON t.id = {track}
JOIN audio_objects a ON a.id = {audio_of}
WHERE s.id = {share} AND {leads}
""".replace("{life}", LIFE)
    .replace("{leads}", LEADS_TO)
    .replace("{audio_of}", AUDIO_OF)
)
OWN_SQL = """
SELECT {place} {audio}
FROM {asked} tracks t JOIN audio_objects a ON a.id = {audio_of}
WHERE t.id = {track} AND t.removed_at IS NULL
  AND t.organization_id NOT IN (SELECT organization_id FROM suspensions)
  AND (t.creator_id = {user}
       OR EXISTS (SELECT 1 FROM library l WHERE l.track_id = t.id AND l.user_id = {user}
                  AND l.organization_id NOT IN (SELECT organization_id FROM suspensions)))
""".replace("{audio_of}", AUDIO_OF)
_ONE = {
    "place": "",
    "audio": AUDIO.format(version=":version"),
    "asked": "",
    "track": ":track",
    "version": ":version",
}
_FIND_SHARED = SHARED_SQL.format(**_ONE, share=":whose")
_FIND_OWN = OWN_SQL.format(**_ONE, user=":whose")


def led_to(row: Sequence[Any]) -> Playable:
    """Make what a link leads to from a row of `SHARED_SQL`, without its place."""
    digest, size_bytes, content_type, has_manifest, *life = row
    return Playable(digest, size_bytes, content_type, Life(*life), bool(has_manifest))


def own(row: Sequence[Any]) -> Playable:
    """Make what a user may play from a row of `OWN_SQL`, without its place."""
    digest, size_bytes, content_type, has_manifest, *_ = row
    return Playable(digest, size_bytes, content_type, None, bool(has_manifest))


class PlaybackReader(Protocol):
    """Point reads. They raise Problem(UNAVAILABLE) if the database can't answer."""

    async def find_shared(self, share_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version of a track if this link leads to the track today, else None."""

    async def find_own(self, user_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version of a track if the user made the track or has it in their library,
        else None; and none for a user whose organisation, or the track's, is suspended."""

    def close(self) -> None:
        """Close the connection."""


class SqlitePlaybackReader:
    """Point reads on their own read-only connection, some microseconds each."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, busy_timeout_ms=0, read_only=True)

    async def find_shared(self, share_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version of a track if this link leads to the track today, else None."""
        row = self._find(_FIND_SHARED, share_id, track_id, version)
        return None if row is None else led_to(row)

    async def find_own(self, user_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version if the user made the track or has it in their library, else None."""
        row = self._find(_FIND_OWN, user_id, track_id, version)
        return None if row is None else own(row)

    def _find(self, sql: str, whose: int, track: int, version: int) -> tuple[Any, ...] | None:
        asked = {"whose": whose, "track": track, "version": version}
        try:
            row: tuple[Any, ...] | None = self._connection.execute(sql, asked).fetchone()
        except sqlite3.Error as error:
            raise Problem(ProblemKind.UNAVAILABLE) from error
        return row

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
