"""What a link comes to: by day, by track, by what asked, how far it was heard; and who is listening."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Agents(NamedTuple):
    """Opens by the kind of program that asked (`model/audit.py`). Of those that an earlier release summed up
    that isn't known: these may come to less than all."""

    person: int
    program: int
    unfurler: int
    unknown: int


class Quarters(NamedTuple):
    """How far tracks were heard. Each open counts once for each track: as the furthest that was reached, a
    quarter of the track's length, half, three quarters or the whole, and as nothing that comes before it."""

    quarter: int = 0
    half: int = 0
    three_quarters: int = 0
    whole: int = 0


class DaySums(NamedTuple):
    """One day of a link. `day` counts from 1970-01-01, UTC; `listeners` are people, distinguished only within
    the day; `bot_requests` are those of unfurlers and crawlers, opens or not; `by_agent` are its opens.
    `quarters` are of what was first heard on this day."""

    day: int
    opens: int
    listens: int
    listeners: int
    bot_requests: int
    by_agent: Agents
    downloads: int = 0
    quarters: Quarters = Quarters()

    @property
    def forgotten(self) -> int:
        """How many opens there are of which it isn't known what asked."""
        return self.opens - sum(self.by_agent)


class TrackSums(NamedTuple):
    """What a version of a track comes to by a link; its title, deleted or not."""

    track_id: int
    title: str
    listens: int
    downloads: int
    quarters: Quarters
    version: int = 1


class LinkNumbers(NamedTuple):
    """A link in numbers alone, of all days, or what several come to."""

    opens: int
    listens: int
    downloads: int
    quarters: Quarters
    by_agent: Agents

    @property
    def forgotten(self) -> int:
        """How many opens there are of which it isn't known what asked."""
        return max(0, self.opens - sum(self.by_agent))


def add_numbers(links: Iterable[LinkNumbers]) -> LinkNumbers:
    """What these come to."""
    numbers = list(links)
    return LinkNumbers(
        sum(one.opens for one in numbers),
        sum(one.listens for one in numbers),
        sum(one.downloads for one in numbers),
        add_quarters(one.quarters for one in numbers),
        Agents(*map(sum, zip((0,) * 4, *(one.by_agent for one in numbers), strict=True))),
    )


def add_quarters(several: Iterable[Quarters]) -> Quarters:
    """What these come to."""
    return Quarters(*map(sum, zip(Quarters(), *several, strict=True)))


class LinkSums(NamedTuple):
    """A link's days on which anything happened, oldest first; its tracks of which anything was heard or
    downloaded, the most listened to first; and how many clients opened it or renewed their session lately."""

    days: list[DaySums]
    by_track: list[TrackSums]
    listening: int

    @property
    def listens(self) -> int:
        """Of all days."""
        return sum(day.listens for day in self.days)

    @property
    def downloads(self) -> int:
        """Of all days."""
        return sum(day.downloads for day in self.days)

    @property
    def quarters(self) -> Quarters:
        """Of all days."""
        return add_quarters(day.quarters for day in self.days)

    @property
    def listeners(self) -> int:
        """The sum of the days: who comes on two days counts on both."""
        return sum(day.listeners for day in self.days)

    @property
    def bot_requests(self) -> int:
        """Of all days."""
        return sum(day.bot_requests for day in self.days)

    @property
    def by_agent(self) -> Agents:
        """Of all days."""
        nothing = Agents(0, 0, 0, 0)
        return Agents(*map(sum, zip(nothing, *(day.by_agent for day in self.days), strict=True)))

    @property
    def forgotten(self) -> int:
        """How many opens there are of which it isn't known what asked."""
        return sum(day.forgotten for day in self.days)
