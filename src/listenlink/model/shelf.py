"""A shelf: a cache, bounded in bytes, of things that took work to make and can be made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

# What an entry costs besides its own bytes: its key, and its place in the order.
ENTRY_BYTES = 1024


class Written(NamedTuple):
    """Something as it's sent: plain, and compressed with gzip if it's ever requested like that."""

    plain: bytes
    packed: bytes = b""

    @property
    def size_bytes(self) -> int:
        """The room it takes on a shelf."""
        return ENTRY_BYTES + len(self.plain) + len(self.packed)


class Shelf:
    """At most `most_bytes` of things; the least recently used goes first. One larger than `most_of_one`
    bytes isn't stored at all: it would take the place of many.

    A key covers everything a thing was made from, so nothing on a shelf is ever wrong or out of date;
    an entry nobody asks for any more merely takes up room until it's evicted.
    """

    def __init__(self, most_bytes: int, most_of_one: int) -> None:
        self._most_bytes = most_bytes
        self._most_of_one = most_of_one
        self._things: OrderedDict[Hashable, Written] = OrderedDict()
        self.bytes_kept = 0

    def __contains__(self, key: Hashable) -> bool:
        """Whether it's there now. Safe from any thread; all other methods are for one thread."""
        return key in self._things

    def __len__(self) -> int:
        """The number of things on the shelf."""
        return len(self._things)

    def find(self, key: Hashable) -> Written | None:
        """The thing, marked as just used; None if it isn't there."""
        thing = self._things.get(key)
        if thing is not None:
            self._things.move_to_end(key)
        return thing

    def put(self, key: Hashable, thing: Written) -> None:
        """Store it, unless it's too large, and evict what there is no longer room for."""
        if thing.size_bytes > self._most_of_one:
            return
        before = self._things.pop(key, None)
        self.bytes_kept += thing.size_bytes - (before.size_bytes if before else 0)
        self._things[key] = thing
        while self.bytes_kept > self._most_bytes:
            _, gone = self._things.popitem(last=False)
            self.bytes_kept -= gone.size_bytes
