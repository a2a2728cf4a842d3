"""The audit's name for a client: a pseudonym by the day's key, and a number in place of both.

The full address stays in this process's memory; what is stored can be linked to it only while the
day's key exists.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import NamedTuple

from listenlink.clock import DAY_US
from listenlink.model.client_address import ClientAddress
from listenlink.secret_keys import DayKeys

_PSEUDONYM_BYTES = 16
_MOST_REMEMBERED = 200_000


class Unnamed(NamedTuple):
    """Clients without a number: their addresses, and (pseudonym, prefix) of each in the same order."""

    day: int
    full: list[str]
    named: list[tuple[bytes, str]]


class ClientNames:
    """Numbers of today's clients, remembered once their rows are committed."""

    def __init__(self, daily_keys: DayKeys) -> None:
        self._daily_keys = daily_keys
        self._day = -1
        self._numbers: dict[str, int] = {}
        self._uncommitted: dict[str, int] = {}

    def find_unnamed(self, clients: Iterable[ClientAddress], now_us: int) -> Unnamed | None:
        """Those of these clients that have no number yet today; None if all have one."""
        day = now_us // DAY_US
        if day != self._day or len(self._numbers) >= _MOST_REMEMBERED:
            self._day = day
            self._numbers.clear()
        new = {client.full: client for client in clients if client.full not in self._numbers}
        if not new:
            return None
        key = self._daily_keys.key_of(day)
        named = [
            (hmac.digest(key, full.encode(), "sha256")[:_PSEUDONYM_BYTES], client.prefix)
            for full, client in new.items()
        ]
        return Unnamed(day, list(new), named)

    def remember(self, unnamed: Unnamed, numbers: Iterable[int]) -> None:
        """These clients have these numbers, if the transaction that gave them is kept."""
        self._uncommitted = dict(zip(unnamed.full, numbers, strict=True))

    def number(self, client: ClientAddress) -> int:
        """The row number of a client that has one, in this batch or before."""
        number = self._numbers.get(client.full)
        return self._uncommitted[client.full] if number is None else number

    def commit(self) -> None:
        """The rows added since the last call are durable."""
        self._numbers.update(self._uncommitted)
        self._uncommitted.clear()

    def forget_uncommitted(self) -> None:
        """The rows added since the last call were undone."""
        self._uncommitted.clear()
