"""Plain counts of what happens, for the operator's metrics (`web/metrics.py`).

Each part counts what it does in integers of its own: no path takes a lock or looks up a label. One thread
writes each count, and another only reads it, at a scrape; a count read a moment late is still right.
"""

from __future__ import annotations

from bisect import bisect_left


class DoorTally:
    """Counts of answers by the first digit of their status, and of the 429s among them."""

    __slots__ = ("by_class", "limited")

    def __init__(self) -> None:
        self.by_class = [0] * 10
        self.limited = 0

    def add(self, status: int) -> None:
        """Count one answer."""
        self.by_class[status // 100] += 1
        if status == 429:
            self.limited += 1


class Histogram:
    """Counts of values up to each bound. `counts` has one more entry, for those above the last bound."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
