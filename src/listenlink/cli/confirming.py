"""What `listenlink clock` does, even beside a running server."""

from __future__ import annotations

import json
from pathlib import Path

from listenlink.actions.confirm_clock import Times, confirm_clock, find_times
from listenlink.cli.opened import opened_database
from listenlink.cli.own_command import own_command
from listenlink.clock import DAY_US, MOST_UNSEEN_US, SECOND_US, Clock
from listenlink.model.moment import iso_or_none, iso_seconds
from listenlink.settings import load_settings

_APART_US = 2 * SECOND_US


def clock(data: Path | None, confirms: bool, as_json: bool) -> None:
    """Print the times, and give the operator's word if it `confirms`. Raises RefusesToStart."""
    with opened_database(load_settings(data=data)) as database:
        act = confirm_clock if confirms else find_times
        times = act(database, Clock().wall_us())
    if as_json:
        print(json.dumps(_told(times) | {"confirmed": confirms}))
        return
    _tell(times)
    print(_advice(times, confirms))
    if times.later_links:
        print(
            f"Links that say they were made later than that clock says: {times.later_links}. They stay as "
            "they are, with the ends that were reckoned by the wrong clock; look at them."
        )


def _told(times: Times) -> dict[str, object]:
    return {
        "now": iso_seconds(times.now_us),
        "reached": iso_or_none(times.reached_at),
        "unseen_seconds": times.unseen_us // SECOND_US,
        "database": iso_or_none(times.database_at),
        "links_made_later": times.later_links,
    }


def _tell(times: Times) -> None:
    print(f"  this machine's clock    {iso_seconds(times.now_us)}")
    for name, at in (
        ("the instance's time", times.reached_at),
        ("the database's clock", times.database_at),
    ):
        if at is not None:
            print(f"  {name:<22}  {iso_seconds(at)}  {_difference(at, times.now_us)}")
    if times.unseen_us:
        print(f"  {'seen by no server':<22}  {_length(times.unseen_us)}")


def _difference(at_us: int, now_us: int) -> str:
    apart_us = abs(at_us - now_us)
    if apart_us <= _APART_US:
        return "the same"
    return f"{_length(apart_us)} {'later' if at_us > now_us else 'earlier'}"


def _length(us: int) -> str:
    for unit_us, unit in ((DAY_US, "days"), (3600 * SECOND_US, "h"), (60 * SECOND_US, "min")):
        if us >= 2 * unit_us:
            return f"{us // unit_us:,} {unit}"
    return f"{us // SECOND_US} s"


def _advice(times: Times, confirms: bool) -> str:
    if confirms:
        return (
            "It goes by this machine's clock from now on. Servers that run follow within seconds."
        )
    is_behind = times.reached_at is not None and times.reached_at > times.now_us + _APART_US
    if times.unseen_us <= MOST_UNSEEN_US and not is_behind:
        return "There is nothing to confirm."
    return (
        "If this machine's clock is right, say so; if not, set it right first:\n  "
        + own_command("clock", "--confirm")
    )
