"""Notes on which day each API key was last used: a request only notes it here, and waits for no database."""

from __future__ import annotations

from listenlink.clock import DAY_US
from listenlink.errors import Problem
from listenlink.store import api_keys
from listenlink.store.database.database import Database


class KeyUses:
    """Which keys were used today, UTC, as far as this process was asked, and which of that isn't written yet.
    A key is written once a day, so both have as many entries at most as there are keys."""

    def __init__(self) -> None:
        self._day = 0
        self._noted: set[int] = set()
        self._unwritten: dict[int, int] = {}

    def note(self, key_id: int, now_us: int) -> None:
        """The key is used now."""
        day = now_us // DAY_US
        if day != self._day:
            self._day, self._noted = day, set()
        if key_id not in self._noted:
            self._noted.add(key_id)
            self._unwritten[key_id] = day

    async def write(self, database: Database) -> None:
        """Write what isn't written yet. Raises Problem, and then it's written the next time."""
        some, self._unwritten = self._unwritten, {}
        if not some:
            return
        try:
            await database.write(lambda connection: api_keys.note_uses(connection, some))
        except Problem:
            self._unwritten = some | self._unwritten
            raise
