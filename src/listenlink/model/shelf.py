"""A shelf: what took work to make and can be made again, kept while there is room, by its bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple

# What an entry costs besides its bytes: its key, and its place in the order.
ENTRY_BYTES = 1024


class Written(NamedTuple):
    """Something as it's sent: plain, and packed with gzip where it's ever asked for so."""

    plain: bytes
    packed: bytes = b""

    @property
    def size_bytes(self) -> int:
        """What it takes on a shelf."""
        return ENTRY_BYTES + len(self.plain) + len(self.packed)


class Shelf:
    """At most `most_bytes` of things; what wasn't asked for longest goes first. One that is larger than
    `most_of_one` bytes isn't kept at all: it would take the place of many.

    A key says all that a thing was made from. So nothing on a shelf is ever wrong or out of date; a key
    that isn't asked for any more is only in the way, for as long as that takes.
    """

    def __init__(self, most_bytes: int, most_of_one: int) -> None:
        self._most_bytes = most_bytes
        self._most_of_one = most_of_one
        self._things: OrderedDict[Hashable, Written] = OrderedDict()
        self.bytes_kept = 0

    def __contains__(self, key: Hashable) -> bool:
        """Whether it's there now. May be asked from any thread; all else is for one."""
        return key in self._things

    def __len__(self) -> int:
        """How many things are there."""
        return len(self._things)

    def find(self, key: Hashable) -> Written | None:
        """The thing, asked for now; None if it isn't there."""
        thing = self._things.get(key)
        if thing is not None:
            self._things.move_to_end(key)
        return thing

    def put(self, key: Hashable, thing: Written) -> None:
        """Keep it, if it isn't too large, and let go of what there is no room for any more."""
        if thing.size_bytes > self._most_of_one:
            return
        before = self._things.pop(key, None)
        self.bytes_kept += thing.size_bytes - (before.size_bytes if before else 0)
        self._things[key] = thing
        while self.bytes_kept > self._most_bytes:
            _, gone = self._things.popitem(last=False)
            self.bytes_kept -= gone.size_bytes
