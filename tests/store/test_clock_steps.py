"""Steps of the clock that add up, that another process saw, or that come at a start: each counts once."""

from __future__ import annotations

import pytest

from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.clock import DAY_US, SECOND_US
from listenlink.running.timekeeper import Timekeeper
from stepped_clock import START_US
from store.clocked_machine import HOUR_US, MINUTE_US, YEAR_US, Machine


@pytest.mark.parametrize("step_us", [HOUR_US, DAY_US, 10 * YEAR_US])
async def test_a_start_with_a_wrong_clock_is_no_less_doubtful_for_another_start(
    machine: Machine, step_us: int
) -> None:
    machine.restart(step_us=step_us)
    machine.restart(off_us=SECOND_US)
    assert not await machine.keeper.may_delete()
    machine.restart(off_us=SECOND_US)
    assert not await machine.keeper.may_delete()
    assert machine.clock.certain_us() == START_US + 2 * SECOND_US


@pytest.mark.parametrize("step_us", [HOUR_US, DAY_US, 10 * YEAR_US])
@pytest.mark.parametrize("is_running", [True, False])
async def test_what_is_kept_for_a_day_is_kept_for_a_day_that_passed(
    machine: Machine, step_us: int, is_running: bool
) -> None:
    assert machine.clock.certain_us() == START_US
    machine.set_clock(step_us, is_running=is_running)
    # At once, and after the next comparison.
    assert machine.clock.certain_us() == START_US
    machine.clock.pass_by(SECOND_US)
    await machine.keeper.keep()
    assert machine.clock.certain_us() == START_US + SECOND_US
    machine.clock.step(-2 * step_us)
    assert machine.clock.certain_us() == START_US + SECOND_US - step_us


async def test_two_little_steps_are_a_large_one(machine: Machine) -> None:
    for _ in range(2):
        machine.clock.step(DAY_US + HOUR_US)
        await machine.keeper.keep()
        await machine.run(50 * MINUTE_US)
    assert machine.keeper.finding.word == "unconfirmed"


async def test_a_process_that_did_not_see_the_step_waits_too(machine: Machine) -> None:
    machine.restart(step_us=DAY_US)
    other = Timekeeper(machine.clock, machine.database, OwnRateLimits(10, 10))
    other.keep_now()
    assert not await other.may_delete()
    for _ in range(61):
        machine.clock.pass_by(MINUTE_US)
        await machine.keeper.keep()
    assert await machine.keeper.may_delete()
    assert await other.may_delete()
