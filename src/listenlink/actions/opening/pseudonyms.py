"""The audit's name for a client: a pseudonym made with the day's key, and a number that stands for both.

The full address stays in this process's memory; what is stored can be linked to it only while the
day's key exists.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

from listenlink.clock import DAY_US
from listenlink.model.client_address import ClientAddress
from listenlink.model.remembered import Remembered
from listenlink.secret_keys import DayKeys

_PSEUDONYM_BYTES = 16
# An address, its number and an entry's own bytes.
_ENTRY_BYTES = 250
_MOST_BYTES = 10_000_000


def pseudonym_of(key: bytes, full: str) -> bytes:
    """The pseudonym of a full address on the day that has this key: 16 bytes of HMAC-SHA-256 (RFC 2104)."""
    return hmac.digest(key, full.encode(), "sha256")[:_PSEUDONYM_BYTES]


@dataclass(slots=True)
class BatchPseudonyms:
    """The clients of one batch by full address: the `numbers` of those that have one on that day, and, for
    the `unnamed`, the (pseudonym, prefix) by which they get one. `given` holds the numbers they got."""

    day: int
    numbers: dict[str, int] = field(default_factory=dict)
    unnamed: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    given: dict[str, int] = field(default_factory=dict)

    def give(self, numbers: Iterable[int]) -> None:
        """Assign these numbers to the unnamed clients, in their order."""
        self.given.update(zip(self.unnamed, numbers, strict=True))
        self.numbers.update(self.given)
        self.unnamed = {}

    def number(self, client: ClientAddress) -> int:
        """The row number of a client of this batch."""
        return self.numbers[client.full]


class Pseudonyms:
    """Numbers of today's clients, remembered once their rows are durable."""

    def __init__(self, daily_keys: DayKeys) -> None:
        self._daily_keys = daily_keys
        self._day = -1
        self._numbers: Remembered[str, int] = Remembered(_MOST_BYTES, lambda *_: _ENTRY_BYTES)

    def look_up(self, clients: Iterable[ClientAddress], now_us: int) -> BatchPseudonyms:
        """Return what is known of these clients, with pseudonyms for those that have no number yet."""
        day = now_us // DAY_US
        if day != self._day:
            self._day = day
            self._numbers.forget()
        names, new = BatchPseudonyms(day), {}
        for client in clients:
            number = self._numbers.get(client.full)
            if number is None:
                number = self._numbers.recall(client.full)
            if number is None:
                new[client.full] = client
            else:
                names.numbers[client.full] = number
        if new:
            key = self._daily_keys.key_of(day)
            for full, client in new.items():
                names.unnamed[full] = (pseudonym_of(key, full), client.prefix)
        return names

    def remember(self, names: BatchPseudonyms) -> None:
        """Remember the numbers given in a batch, now that its rows are durable."""
        if names.day == self._day:
            for full, number in names.given.items():
                self._numbers.keep(full, number)
