"""The audit's name for a client: a pseudonym by the day's key, and a number in place of both.

The full address stays in this process's memory; what is stored can be linked to it only while the
day's key exists.
"""

from __future__ import annotations

import hmac
import sqlite3

from listenlink.clock import DAY_US
from listenlink.model.client_address import ClientAddress
from listenlink.secret_keys import DailyKeys
from listenlink.store import opens

_PSEUDONYM_BYTES = 16
_MOST_REMEMBERED = 200_000


class ClientNames:
    """Numbers of today's clients, remembered once their rows are committed."""

    def __init__(self, daily_keys: DailyKeys) -> None:
        self._daily_keys = daily_keys
        self._day = -1
        self._numbers: dict[str, int] = {}
        self._uncommitted: dict[str, int] = {}

    def number(self, connection: sqlite3.Connection, client: ClientAddress, now_us: int) -> int:
        """The row number of this client today; its row is added if it has none."""
        day = now_us // DAY_US
        if day != self._day or len(self._numbers) >= _MOST_REMEMBERED:
            self._day = day
            self._numbers.clear()
            self._uncommitted.clear()
        number = self._numbers.get(client.full) or self._uncommitted.get(client.full)
        if number is None:
            key = self._daily_keys.key_of(day)
            pseudonym = hmac.digest(key, client.full.encode(), "sha256")[:_PSEUDONYM_BYTES]
            number = opens.find_or_add_client(connection, day, pseudonym, client.prefix)
            self._uncommitted[client.full] = number
        return number

    def commit(self) -> None:
        """The rows added since the last call are durable."""
        self._numbers.update(self._uncommitted)
        self._uncommitted.clear()

    def forget_uncommitted(self) -> None:
        """The rows added since the last call were undone."""
        self._uncommitted.clear()
