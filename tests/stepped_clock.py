"""A clock whose wall time is stepped by the test, while its tick only ever goes on."""

from __future__ import annotations

from listenlink.clock import Clock

START_US = 1_800_000_000_000_000


class SteppedClock(Clock):
    """It stands until it's told that time passed, or that somebody set it."""

    def __init__(self, wall_us: int = START_US) -> None:
        self.wall = wall_us
        self.tick = 10**12

    def wall_us(self) -> int:
        return self.wall

    def tick_us(self) -> int:
        return self.tick

    def pass_by(self, us: int) -> None:
        """Let time pass."""
        self.wall += us
        self.tick += us

    def step(self, us: int) -> None:
        """Set the wall clock; no time passes."""
        self.wall += us
