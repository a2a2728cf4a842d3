"""Where the limits keep their logs: exact, a million clients in 64 MB, and forgotten within two windows.

A dict of a million clients takes 187 MB, nearly all of it for Python's objects and for free places in the
table. But of so many clients nearly all do little. While a client has at most FEW live entries they are
packed records, in the `bytes` of one of BUCKETS buckets among those of others, where `bytes.find` finds them.
A client with more has an array of its own, which a look into a dict finds.

A record begins with the whole number of the client and not with a hash, so none is ever taken for another.
Which bucket is a client's is told by Python's hash of its bytes, whose key is random in each process: nobody
can make one grow longer than the others. With a million clients it has 31 records, and a new one copies those
alone: no decision waits for a table of them all to grow.
"""

from __future__ import annotations

from array import array
from struct import Struct
from typing import TypeAlias

FEW = 2
BUCKETS = 1 << 15
_LAST_BUCKET = BUCKETS - 1
_KEY_BYTES = 9
_BUCKETS_PER_CALL, _ARRAYS_PER_CALL = 8, 4

Log: TypeAlias = "array[int] | list[int]"


# Before the first record, never written to: a budget that nobody uses pays for no buckets.
_EMPTY = [b""] * BUCKETS


class _Half:
    """What was written within one window: arrays by client, and buckets of records."""

    __slots__ = ("count", "few", "many")

    def __init__(self) -> None:
        self.many: dict[int, array[int]] = {}
        self.few = _EMPTY
        self.count = 0

    def cut(self, number: int, record: bytes) -> bool:
        """Remove a record like this one; False if there is none."""
        bucket = self.few[number]
        at = bucket.find(record)
        while at > 0 and at % len(record):
            at = bucket.find(record, at + 1)
        if at < 0:
            return False
        self.few[number] = bucket[:at] + bucket[at + len(record) :]
        self.count -= 1
        return True

    def free_some(self) -> bool:
        """Free a little of it; whether there is more."""
        if self.few is not _EMPTY:
            del self.few[-_BUCKETS_PER_CALL:]
        for _ in range(min(_ARRAYS_PER_CALL, len(self.many))):
            self.many.popitem()
        return bool(self.many or (self.few and self.few is not _EMPTY))


class ClientLogs:
    """A log for each client: a flat sequence of its entries' ticks, the oldest first, each with a mark behind
    it if they are `marked`. Marks are signed and have 64 bits; a client is a number of at most 72 bits.

    A log that isn't added to for a whole window is in the old half, which the next turn drops, bit by bit.
    """

    def __init__(self, window_us: int, *, marked: bool = False) -> None:
        self._window_us = window_us
        self._few_numbers = 2 * FEW if marked else FEW
        self._record = Struct(f">{_KEY_BYTES}s{'qq' if marked else 'q'}")
        self._young, self._old = _Half(), _Half()
        self._dropped: _Half | None = None
        self._turns_at = 0

    def __len__(self) -> int:
        """How many entries were added in this window and the one before."""
        return self._young.count + self._old.count

    def find_many(self, client: int) -> array[int] | None:
        """The client's log if more than FEW of its entries are in the window, and perhaps if fewer are."""
        many = self._young.many.get(client)
        return self._old.many.get(client) if many is None else many

    def find(self, client: int, tick_us: int | None = None, mark: int | None = None) -> Log | None:
        """The client's log, from which the caller may remove what has left the window. None if it has none:
        with a tick it then begins with this entry."""
        young, old = self._young, self._old
        many = young.many.get(client)
        if many is None:
            many = old.many.get(client)
        if many is not None:
            return many
        key = client.to_bytes(_KEY_BYTES, "big")
        number = hash(key) & _LAST_BUCKET
        bucket = old.few[number] + young.few[number]
        at = bucket.find(key)
        if at >= 0 and (few := self._read(bucket, key, at)):
            return few
        if tick_us is not None:
            if tick_us >= self._turns_at or self._dropped is not None:
                self.turn_at(tick_us)
            self._write(number, key, tick_us, mark)
        return None

    def _read(self, bucket: bytes, key: bytes, at: int) -> list[int]:
        few: list[int] = []
        record = self._record
        while at >= 0:
            # Anywhere but at a record's beginning it's a part of others that looks the same.
            if at % record.size == 0:
                few += record.unpack_from(bucket, at)[1:]
            at = bucket.find(key, at + 1)
        return few

    def _write(self, number: int, key: bytes, tick_us: int, mark: int | None) -> None:
        pack, young = self._record.pack, self._young
        if young.few is _EMPTY:
            young.few = _EMPTY.copy()
        young.few[number] += pack(key, tick_us) if mark is None else pack(key, tick_us, mark)
        young.count += 1

    def add(self, client: int, log: Log, tick_us: int, mark: int | None = None) -> None:
        """Append an entry, the newest of all, to the log that `find` gave."""
        if tick_us >= self._turns_at or self._dropped is not None:
            self.turn_at(tick_us)
        log.append(tick_us)
        if mark is not None:
            log.append(mark)
        if isinstance(log, array):
            self._old.many.pop(client, None)
        elif len(log) > self._few_numbers:
            # Its records stay behind, unseen while there is an array, and forgotten no later than that.
            log = array("q", log)
        else:
            key = client.to_bytes(_KEY_BYTES, "big")
            self._write(hash(key) & _LAST_BUCKET, key, tick_us, mark)
            return
        self._young.many[client] = log
        self._young.count += 1

    def remove(self, client: int, tick_us: int) -> bool:
        """Remove an entry that isn't marked; False if there is none like it."""
        many = self.find_many(client)
        if many is not None:
            if tick_us not in many:
                return False
            many.remove(tick_us)
            return True
        key = client.to_bytes(_KEY_BYTES, "big")
        number, record = hash(key) & _LAST_BUCKET, self._record.pack(key, tick_us)
        return self._young.cut(number, record) or self._old.cut(number, record)

    def turn_at(self, tick_us: int) -> None:
        """Begin a new half if it's time, and free a little of what was dropped."""
        if tick_us >= self._turns_at:
            # One tick more than a window: a time in the older half is then certain to be outside it.
            self._dropped = self._old
            self._old = self._young
            self._young = _Half()
            self._turns_at = tick_us + self._window_us + 1
        if self._dropped is not None and not self._dropped.free_some():
            self._dropped = None
