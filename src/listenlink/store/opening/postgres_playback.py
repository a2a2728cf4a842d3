"""Playback's point reads on PostgreSQL: all questions asked at one moment become one statement.

A listener's player asks for one file in many ranges, and many listeners do so at once: however many,
they use only a few connections, which nothing else uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from listenlink.model.share import Life
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.playback import AUDIO, OWN_SQL, SHARED_SQL, Playable, led_to, own
from listenlink.store.opening.postgres_group import PostgresGroup

_ASKED = """unnest({}::bigint[], {}::bigint[], {}::integer[])
WITH ORDINALITY asked({}, track_id, version, place) CROSS JOIN"""
# In a UNION all rows are as wide.
_NO_LIFE = ("NULL",) * len(Life.__struct_fields__)
_AUDIO = AUDIO.format(version="asked.version")
_SHARED = SHARED_SQL.format(
    place="asked.place,",
    audio=_AUDIO,
    asked=_ASKED.format("$1", "$2", "$3", "share_id"),
    share="asked.share_id",
    track="asked.track_id",
    version="asked.version",
)
_OWN = OWN_SQL.format(
    place="-asked.place,",
    audio=", ".join((_AUDIO, *_NO_LIFE)),
    asked=_ASKED.format("$4", "$5", "$6", "user_id"),
    user="asked.user_id",
    track="asked.track_id",
    version="asked.version",
)
# The positions of what is found count up from 1 for links, down from -1 for users.
_FIND = f"{_SHARED} UNION ALL {_OWN}"


class _Question(NamedTuple):
    """Who wants to play which version of which track: somebody with a link, or a user."""

    share_id: int | None
    user_id: int | None
    track_id: int
    version: int


class PostgresPlaybackReader:
    """Batched point reads. Each is answered by a statement that begins after it was asked, so that nobody
    gets an answer from before a revocation that they know of."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._group: PostgresGroup[_Question, Playable | None] = PostgresGroup(
            self._read, failure="playback_not_read"
        )

    async def find_shared(self, share_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version of a track if this link leads to the track today, else None."""
        return await self._group.submit(_Question(share_id, None, track_id, version))

    async def find_own(self, user_id: int, track_id: int, version: int) -> Playable | None:
        """Return the audio of a version if the user made the track or has it in their library, else None."""
        return await self._group.submit(_Question(None, user_id, track_id, version))

    async def _read(self, questions: Sequence[_Question]) -> list[Playable | None]:
        """Return the answers, in order. Identical questions are asked only once."""
        different = dict.fromkeys(questions)
        shared = [question for question in different if question.share_id is not None]
        owned = [question for question in different if question.user_id is not None]
        async with self._connections.use() as connection:
            rows = await connection.fetch(
                _FIND,
                [question.share_id for question in shared],
                [question.track_id for question in shared],
                [question.version for question in shared],
                [question.user_id for question in owned],
                [question.track_id for question in owned],
                [question.version for question in owned],
            )
        found = {
            (shared[place - 1] if place > 0 else owned[-place - 1]): (
                led_to(row) if place > 0 else own(row)
            )
            for place, *row in rows
        }
        return [found.get(question) for question in questions]

    def close(self) -> None:
        """Start nothing new, and close the connections."""
        self._group.close()
        self._connections.close()
