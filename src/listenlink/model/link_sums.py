"""What a link comes to: by day, by track, by what asked; and who is listening."""

from __future__ import annotations

from typing import NamedTuple


class Agents(NamedTuple):
    """Opens by the kind of program that asked (`model/audit.py`). Of those that an earlier release summed up
    that isn't known: these may come to less than all."""

    person: int
    program: int
    unfurler: int
    unknown: int


class DaySums(NamedTuple):
    """One day of a link. `day` counts from 1970-01-01, UTC; `listeners` are distinguished only within the
    day; `bot_requests` are those of unfurlers and crawlers, opens or not; `by_agent` are its opens."""

    day: int
    opens: int
    listens: int
    listeners: int
    bot_requests: int
    by_agent: Agents


class TrackListens(NamedTuple):
    """How often a track was listened to by a link; its title, deleted or not."""

    track_id: int
    title: str
    listens: int


class LinkSums(NamedTuple):
    """A link's days on which anything happened, oldest first; its tracks that were listened to, most first;
    and how many listeners opened it or renewed their session lately."""

    days: list[DaySums]
    by_track: list[TrackListens]
    listening: int

    @property
    def listens(self) -> int:
        """Of all days."""
        return sum(day.listens for day in self.days)

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
        return sum(day.opens - sum(day.by_agent) for day in self.days)
