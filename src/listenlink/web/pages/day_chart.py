"""A link's days as bars: where each stands in a picture that is as wide as the days are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from listenlink.model.link_sums import DaySums

# Of more, a phone would show no bars but lines.
_MOST_DAYS = 90
_FEWEST_DAYS = 7
# A day's width, and the height of the picture.
WIDTH, HEIGHT = 10, 100
# What happened once among thousands is seen, too.
_LEAST_HEIGHT = 1.5


class Bars(NamedTuple):
    """A day with its bars: `left` is where it begins, the others are the heights of its opens and its
    listens."""

    of: DaySums
    left: int
    opens: float
    listens: float


class DayChart(NamedTuple):
    """The days from `first` to `last`, which is today, counted from 1970-01-01, and those on which anything
    happened. `top` is what the whole height stands for. `others` are the sums of days that aren't shown:
    too long ago, or of a clock that was ahead; None if there are none."""

    first: int
    last: int
    top: int
    bars: list[Bars]
    others: DaySums | None

    @property
    def width(self) -> int:
        """Of all days."""
        return (self.last - self.first + 1) * WIDTH


def make_chart(days: Sequence[DaySums], today: int) -> DayChart:
    """The chart of these days, as it stands today."""
    begun = min((day.day for day in days), default=today)
    first = max(today - _MOST_DAYS + 1, min(begun, today - _FEWEST_DAYS + 1))
    shown = [day for day in days if first <= day.day <= today]
    others = [day for day in days if not first <= day.day <= today]
    top = _top(max((max(day.opens, day.listens) for day in shown), default=0))
    bars = [
        Bars(day, (day.day - first) * WIDTH, _height(day.opens, top), _height(day.listens, top))
        for day in shown
    ]
    return DayChart(first, today, top, bars, _sum(others) if others else None)


def _top(most: int) -> int:
    """The least of 2, 4, 6, 8, 10, 20, 40 … that isn't below: half of it is a whole number, too."""
    scale = 1
    while True:
        for step in (2, 4, 6, 8, 10):
            if step * scale >= most:
                return step * scale
        scale *= 10


def _height(count: int, top: int) -> float:
    return round(max(_LEAST_HEIGHT, count * HEIGHT / top), 2) if count else 0


def _sum(days: Sequence[DaySums]) -> DaySums:
    return DaySums(
        0,
        sum(day.opens for day in days),
        sum(day.listens for day in days),
        sum(day.listeners for day in days),
        sum(day.bot_requests for day in days),
        days[0].by_agent,
        sum(day.downloads for day in days),
    )
