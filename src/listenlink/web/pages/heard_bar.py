"""How far tracks were heard, as one bar: a part for each quarter, as wide as many got there."""

from __future__ import annotations

from typing import NamedTuple

from listenlink.model.link_sums import Quarters

# Of the whole bar.
WIDTH = 100


class Part(NamedTuple):
    """A part of the bar: which quarter, how many times, where it begins and how wide it is."""

    name: str
    times: int
    left: float
    width: float


def make_bar(quarters: Quarters) -> list[Part]:
    """The parts from left to right, without those of which there are none."""
    in_all, left, parts = sum(quarters), 0, []
    for name, count in zip(Quarters._fields, quarters, strict=True):
        if count:
            edges = round(left * WIDTH / in_all, 2), round((left + count) * WIDTH / in_all, 2)
            parts.append(Part(name, count, edges[0], round(edges[1] - edges[0], 2)))
        left += count
    return parts
