"""The audit's name for a client: a pseudonym by the day's key, and a number in place of both.

The full address stays in this process's memory; what is stored can be linked to it only while the
day's key exists.
"""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterable

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

    def learn(
        self, connection: sqlite3.Connection, clients: Iterable[ClientAddress], now_us: int
    ) -> None:
        """Give each of these clients a row for today, all in one statement, unless it has one."""
        day = now_us // DAY_US
        if day != self._day or len(self._numbers) >= _MOST_REMEMBERED:
            self._day = day
            self._numbers.clear()
        new = {client.full: client for client in clients if client.full not in self._numbers}
        if not new:
            return
        key = self._daily_keys.key_of(day)
        named = [
            (hmac.digest(key, full.encode(), "sha256")[:_PSEUDONYM_BYTES], client.prefix)
            for full, client in new.items()
        ]
        numbers = opens.find_or_add_clients(connection, day, named)
        self._uncommitted = dict(zip(new, numbers, strict=True))

    def number(self, client: ClientAddress) -> int:
        """The row number of a client that was learned in this batch or before."""
        number = self._numbers.get(client.full)
        return self._uncommitted[client.full] if number is None else number

    def commit(self) -> None:
        """The rows added since the last call are durable."""
        self._numbers.update(self._uncommitted)
        self._uncommitted.clear()

    def forget_uncommitted(self) -> None:
        """The rows added since the last call were undone."""
        self._uncommitted.clear()
