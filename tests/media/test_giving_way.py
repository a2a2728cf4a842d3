"""How a child gives way to others: for how long it runs, and for what its user has had lately."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest

from listenlink.media.derive import pace_of
from listenlink.media.sandbox.child import Pace, run_child
from listenlink.media.sandbox.priority import LOWEST, priority_of
from listenlink.media.turns import Turn, Turns


class Given(Turn):
    def __init__(self, *, is_long: bool = False, spent: float = 0.0) -> None:
        super().__init__(Turns(), 1, is_long=is_long)
        self.spend(spent)


SPIN = """
import os, time
while time.process_time() < {}: pass
until = time.monotonic() + 60
while os.nice(0) != {} and time.monotonic() < until: time.sleep(0.02)
time.sleep(0.3)
print(os.nice(0))
"""
GROUP = "try: print(open('/proc/self/autogroup').read().split()[-1])\nexcept OSError: print({})"


async def niceness(pace: Pace, seconds: float, expected: int) -> list[int]:
    """A child's own and its session's niceness, after so much CPU time, and as soon as they're so."""
    told = await run(pace, f"{SPIN}\n{GROUP}".format(seconds, expected, "os.nice(0)"))
    return [int(word) for word in told.split()]


async def run(pace: Pace, code: str) -> bytes:
    command = [sys.executable, "-I", "-c", code]
    with os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb", buffering=0) as nothing:
        told, exit_code = await run_child(command, nothing, 1000, 250, pace=pace)
    assert exit_code == 0
    return told


async def test_a_child_gives_way_after_a_while_and_within_its_session_s_group_too() -> None:
    own, second = Given(), Given(is_long=True)
    assert await niceness(Pace(own, 7, 60.0), 0.1, 7) == [7, 7]
    assert not own.has_grown
    assert await niceness(Pace(own, 7, 0.2), 0.3, LOWEST) == [LOWEST, LOWEST]
    assert own.has_grown
    assert await niceness(Pace(second, 3), 0.1, 8) == [8, 8]
    assert await niceness(Pace(second, 3, 0.2), 0.3, LOWEST) == [LOWEST, LOWEST]


async def test_a_child_gives_way_from_the_beginning_where_its_user_has_had_much() -> None:
    assert await niceness(Pace(Given(spent=5), 2, 60.0), 0.1, 6) == [6, 6]
    assert await niceness(Pace(Given(spent=100), 2, 60.0), 0.1, LOWEST) == [LOWEST, LOWEST]


@pytest.mark.parametrize(
    ("others", "is_long", "expected"), [(0, False, 2), (1, True, 7), (1, False, 7), (3, True, 12)]
)
async def test_what_is_derived_gives_way_for_each_other_file_of_its_user(
    others: int, is_long: bool, expected: int
) -> None:
    pace = pace_of(Given(is_long=is_long), others)._replace(short_seconds=60.0)
    assert await niceness(pace, 0.1, expected) == [expected, expected]


@pytest.mark.parametrize("seconds", [0.1, 0.8])
async def test_what_a_child_takes_counts_for_its_user_as_it_goes(seconds: float) -> None:
    turn, halfway = Given(), asyncio.Event()
    code = f"import time\nwhile time.process_time() < {seconds}: pass"

    async def look() -> None:
        while turn.spent_lately == 0:
            await asyncio.sleep(0.01)
        halfway.set()

    looking = asyncio.create_task(look())
    await run(Pace(turn, 0, 60.0), code)
    assert halfway.is_set() == (seconds > 0.5), "only what takes longer is counted before its end"
    assert 0.9 * seconds <= turn.spent_lately < seconds + 2  # What is longer ago counts for less.
    await looking


async def test_who_is_ended_for_writing_too_much_has_taken_what_they_took() -> None:
    turn = Given()
    code = "import time\nwhile time.process_time() < 0.1: pass\nprint('x' * 5000, flush=True)\ntime.sleep(60)"
    with os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb", buffering=0) as nothing:
        await run_child(
            [sys.executable, "-I", "-c", code], nothing, 1000, 60, pace=Pace(turn, 0, 60.0)
        )
    assert 0.09 <= turn.spent_lately < 2


def test_cpu_time_is_what_the_child_itself_has_taken() -> None:
    spin = [sys.executable, "-I", "-c", "while True: pass"]
    with subprocess.Popen(spin) as child, priority_of(child.pid) as priority:
        deadline = time.monotonic() + 60
        while priority.cpu_seconds < 0.2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert 0.2 <= priority.cpu_seconds < 5
        child.kill()
        child.wait()
        assert priority.cpu_seconds == 0


@pytest.mark.parametrize("number", [1, 2**22 + 1])
def test_a_process_that_is_gone_or_another_s_is_no_trouble(number: int) -> None:
    with priority_of(number) as priority:
        assert priority.cpu_seconds >= 0
