"""The only place that reads the time. Everything else takes `now` as an argument."""

from __future__ import annotations

import time

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
# A wall clock that is further than this from what was seen before isn't being corrected: it's wrong, or was.
MOST_UNSEEN_US = 2 * DAY_US
_SIXTEENTHS = 16


class Clock:
    """Wall time for records, a monotonic tick for limits, both in whole microseconds.

    `now_us` never goes back, however the operator steps the wall clock: what has ended stays ended. While the
    wall clock is behind what was reached, time goes on by the tick: by its own pace if the wall clock is
    wrong beyond doubt, else a sixteenth slower, until the wall clock has caught up.
    """

    # Of the class, so that a clock in a test needs no more than its own reading of the time.
    _reached_us = 0
    _held_us = -1
    _held_from = (0, 0)
    _pace = _SIXTEENTHS
    # A time that it certainly was, and the tick then.
    _certain_from: tuple[int, int] | None = None

    def now_us(self) -> int:
        """Microseconds since the Unix epoch, UTC; never less than before, or than `keep_above` said."""
        wall_us = self.wall_us()
        if wall_us >= self._reached_us:
            self._reached_us = wall_us
            return wall_us
        return self._hold(wall_us)

    def wall_us(self) -> int:
        """The machine's own clock, which the operator may step: for what is compared with other clocks."""
        return time.time_ns() // 1000

    def tick_us(self) -> int:
        """Microseconds that never go backwards: a stepped clock must not lock a client out."""
        return time.monotonic_ns() // 1000

    def ahead_us(self) -> int:
        """How far `now_us` is ahead of the wall clock: 0 unless that was set back."""
        now_us = self.now_us()
        return max(0, now_us - self.wall_us())

    def certain_us(self) -> int:
        """The time that it is at least: for what is kept for some time, and no shorter."""
        known_us = min(self.now_us(), self.wall_us())
        if self._certain_from is None:
            return known_us
        at_us, tick_us = self._certain_from
        return min(known_us, at_us + self.tick_us() - tick_us)

    def be_certain(self, at_us: int) -> None:
        """Let it certainly be this time now, and go on from there by the tick."""
        self._certain_from = at_us, self.tick_us()

    def keep_above(self, reached_us: int) -> None:
        """Never go below this time again: it was reached before, maybe elsewhere."""
        self._reached_us = max(self._reached_us, reached_us)

    def trust_wall(self, reached_us: int = 0) -> None:
        """Forget what was reached, but for this: somebody who knows said that the wall clock is right."""
        self._reached_us = reached_us

    def _hold(self, wall_us: int) -> int:
        tick_us = self.tick_us()
        if self._reached_us != self._held_us:
            # What was reached is new here, by the wall clock or by others: time goes on from it.
            self._held_from = self._reached_us, tick_us
            is_wrong = self._reached_us - wall_us > MOST_UNSEEN_US
            self._pace = _SIXTEENTHS if is_wrong else _SIXTEENTHS - 1
        from_us, from_tick = self._held_from
        now_us = from_us + (tick_us - from_tick) * self._pace // _SIXTEENTHS
        self._reached_us = self._held_us = now_us = max(now_us, self._reached_us)
        return now_us


def ahead_of_wall_seconds(now_seconds: int) -> int:
    """How far a time of `Clock.now_us` is ahead of the wall clock, for whoever tells it to others, who go by
    clocks of their own. In whole seconds."""
    return max(0, now_seconds - Clock().wall_us() // SECOND_US)
