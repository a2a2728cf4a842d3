"""Waits of the program that a test's server has shorter, where not their length is tested but what follows.

With `LISTENLINK_TEST_FULL=1` they are as long as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from faked_time import SET_CLOCK
from trust.figures import FULL

# The variables, which what forks heeds as well as an interpreter that starts.
WAITS = {"PYTHONPATH", "TESTS_WAITS"}
# What couldn't be made or signed of audio is tried again after so long.
LOOK_AGAIN = {
    f"listenlink.running.{part}._LOOK_SECONDS": 0.5 for part in ("derive_audio", "mark_audio")
}
# What is done each second: opens are counted, and what there is to tell is looked for.
SECOND = {
    "listenlink.running.housekeeping._SECOND": 0.2,
    "listenlink.running.teller._LOOK_US": 200_000,
}
# `/readyz` tells so long what it found last: a tenth of a second here.
READY_REMEMBERED = {"listenlink.running.readiness._REMEMBERED_US": 100_000}
REMEMBERED_SECONDS = 1.1 if FULL else 0.15
# A node writes so often what it has counted: after so long all of it is there.
TIDIED = {"listenlink.running.housekeeping._TIDY_EVERY_SECONDS": 0.3}
TIDIED_SECONDS = 2.5 if FULL else 0.8


def shorter(*waits: Mapping[str, float]) -> dict[str, str]:
    """The environment of a server in which these constants of modules are others."""
    if FULL or not any(waits):
        return {}
    together = {name: length for each in waits for name, length in each.items()}
    return {"PYTHONPATH": str(SET_CLOCK), "TESTS_WAITS": json.dumps(together)}
