"""Numbers of links as the API tells them, in JSON and as columns of a table."""

from __future__ import annotations

from listenlink import wire
from listenlink.clock import DAY_US
from listenlink.model.link_sums import Agents, DaySums, LinkNumbers, Quarters
from listenlink.model.moment import moment_of
from listenlink.web.csv_table import Cell

# Of an item's numbers, in the order of `columns_of`.
COLUMNS = (
    "downloads",
    *(f"heard_{name}" for name in Quarters._fields),
    *(f"opens_{name}" for name in (*Agents._fields, "forgotten")),
)


def columns_of(numbers: DaySums | LinkNumbers) -> list[Cell]:
    """What a day or a link comes to, but for its opens and listens."""
    return [numbers.downloads, *numbers.quarters, *numbers.by_agent, numbers.forgotten]


def tell_quarters(quarters: Quarters) -> wire.Quarters:
    """How far tracks were heard."""
    return wire.Quarters(*quarters)


def tell_agents(agents: Agents, forgotten: int) -> wire.OpensByAgent:
    """What opens were asked with."""
    return wire.OpensByAgent(*agents, forgotten=forgotten)


def tell_day(day: DaySums) -> wire.Day:
    """One day of a link."""
    return wire.Day(
        moment_of(day.day * DAY_US).date(),
        day.opens,
        day.listens,
        day.listeners,
        day.bot_requests,
        day.downloads,
        tell_quarters(day.quarters),
        tell_agents(day.by_agent, day.forgotten),
    )
