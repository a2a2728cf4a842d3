"""The only place that reads the time. Everything else takes `now` as an argument."""

from __future__ import annotations

import time

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US


class Clock:
    """Wall time for records, a monotonic tick for limits, both in whole microseconds."""

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, UTC. The operator may step this clock."""
        return time.time_ns() // 1000

    def tick_us(self) -> int:
        """Microseconds that never go backwards: a stepped clock must not lock a client out."""
        return time.monotonic_ns() // 1000
