"""What tests measure and tell, and at which size: `figure`, `seed` and `FULL`. Without `make trust` around
them `figure` does nothing.

A figure is one line of JSON in the file that LISTENLINK_TEST_FIGURES names.
"""

from __future__ import annotations

import functools
import json
import os
import random
from typing import Literal

FILE = "LISTENLINK_TEST_FIGURES"
SEED = "LISTENLINK_TEST_SEED"
FULL = os.environ.get("LISTENLINK_TEST_FULL") == "1"


def figure(
    what: str,
    number: float,
    *,
    of: int | None = None,
    unit: str = "",
    joined: Literal["sum", "most", "least"] = "sum",
) -> None:
    """Tell a figure, which is `number` of `of` where that is given. Where several tests tell `what`, or one
    tells it several times, the figure is their sum, the greatest or the least of them."""
    told = {"what": what, "number": number, "of": of, "unit": unit, "joined": joined}
    write(told)


def examples(ordinary: int) -> int:
    """How many examples Hypothesis is to take: ten times as many at full size."""
    return 10 * ordinary if FULL else ordinary


def write(told: dict[str, object]) -> None:
    """Append a line to the file, where there is one."""
    if path := os.environ.get(FILE):
        with open(path, "a") as file:
            file.write(json.dumps(told) + "\n")


@functools.cache
def seed() -> int:
    """What this run's chance begins with: LISTENLINK_TEST_SEED, or another each time."""
    return int(os.environ.get(SEED) or random.SystemRandom().randrange(10**9))
