"""Time doesn't go back, whatever the operator does to the wall clock, and it goes on."""

from __future__ import annotations

import time

import pytest

from listenlink.clock import DAY_US, SECOND_US, Clock
from stepped_clock import START_US, SteppedClock

HOUR_US = 3600 * SECOND_US
YEAR_US = 365 * DAY_US


@pytest.mark.parametrize("step_us", [HOUR_US, DAY_US, 10 * YEAR_US])
def test_a_wall_clock_set_forward_is_followed(step_us: int) -> None:
    clock = SteppedClock()
    assert clock.now_us() == START_US
    clock.step(step_us)
    assert clock.now_us() == START_US + step_us
    assert clock.ahead_us() == 0


@pytest.mark.parametrize("step_us", [1, SECOND_US, HOUR_US, DAY_US, 3 * DAY_US, 10 * YEAR_US])
def test_time_never_goes_back_and_never_stands(step_us: int) -> None:
    clock = SteppedClock()
    before_us = clock.now_us()
    clock.step(-step_us)
    for _ in range(1000):
        now_us = clock.now_us()
        assert now_us >= before_us
        before_us = now_us
        clock.pass_by(1_000)
    passed_us = clock.now_us() - START_US
    assert passed_us >= SECOND_US * 15 // 16 - 1
    assert passed_us <= SECOND_US


def test_a_wall_clock_that_was_corrected_is_caught_up_with() -> None:
    clock = SteppedClock()
    clock.now_us()
    clock.step(-HOUR_US)
    assert clock.ahead_us() == HOUR_US
    for passed in range(1, 15 * 60):
        clock.pass_by(HOUR_US // 60)
        assert clock.ahead_us() == HOUR_US - passed * HOUR_US // 60 // 16
    clock.pass_by(HOUR_US)
    assert clock.ahead_us() == 0
    assert clock.now_us() == clock.wall


def test_a_wall_clock_that_is_wrong_beyond_doubt_is_not_waited_for() -> None:
    clock = SteppedClock()
    clock.now_us()
    clock.step(-10 * YEAR_US)
    clock.now_us()
    clock.pass_by(HOUR_US)
    assert clock.now_us() == START_US + HOUR_US
    clock.step(10 * YEAR_US)
    clock.pass_by(SECOND_US)
    assert clock.now_us() == clock.wall == START_US + HOUR_US + SECOND_US


def test_many_readings_within_a_microsecond_of_each_other_add_up() -> None:
    clock = SteppedClock()
    clock.now_us()
    clock.step(-HOUR_US)
    for _ in range(1601):
        clock.now_us()
        clock.pass_by(1)
    assert clock.now_us() == START_US + 1500


def test_what_was_reached_elsewhere_is_kept_until_somebody_knows_better() -> None:
    clock = SteppedClock()
    clock.keep_above(START_US + HOUR_US)
    clock.keep_above(START_US - HOUR_US)
    assert clock.now_us() == START_US + HOUR_US
    clock.pass_by(16 * SECOND_US)
    assert clock.now_us() == START_US + HOUR_US + 15 * SECOND_US
    clock.trust_wall()
    assert clock.now_us() == clock.wall


def test_the_machine_s_own_clock_is_the_time() -> None:
    clock = Clock()
    before_us = time.time_ns() // 1000
    assert before_us <= clock.now_us() <= time.time_ns() // 1000
    assert clock.ahead_us() == 0
