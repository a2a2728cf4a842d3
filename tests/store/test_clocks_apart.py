"""On PostgreSQL its clock is a second witness, and Redis's is told of: nodes that disagree do no harm."""

from __future__ import annotations

import pytest

from listenlink.actions.confirm_clock import confirm_clock
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.clock import DAY_US, SECOND_US
from listenlink.errors import RefusesToStart
from listenlink.running.timekeeper import Timekeeper
from stepped_clock import SteppedClock
from store.clocked_machine import HOUR_US, MINUTE_US, YEAR_US, Machine, mark


@pytest.mark.parametrize(
    "ahead_us", [HOUR_US, -HOUR_US, DAY_US, -DAY_US, 10 * YEAR_US, -10 * YEAR_US]
)
async def test_a_node_apart_from_postgresql_moves_no_mark_and_deletes_nothing(
    machine: Machine, ahead_us: int
) -> None:
    machine.database_ahead_us = 0
    await machine.run(HOUR_US)
    before = mark(machine)
    # The node's clock is set; PostgreSQL's isn't.
    machine.database_ahead_us = -ahead_us
    machine.clock.step(ahead_us)
    await machine.run(3 * HOUR_US)
    assert machine.keeper.finding.word == "apart_from_database"
    assert not await machine.keeper.may_delete()
    assert mark(machine) == before
    assert machine.clock.now_us() >= before.reached_at
    with pytest.raises(RefusesToStart, match="apart"):
        confirm_clock(machine.database, machine.clock.wall)
    # Set right again, it goes by what both say, and waits an hour: nobody has to be asked.
    machine.clock.step(-ahead_us)
    machine.database_ahead_us = 0
    await machine.run(2 * HOUR_US)
    assert machine.keeper.finding.word == "ok"
    assert machine.clock.now_us() == machine.clock.wall
    assert await machine.keeper.may_delete()


async def test_a_node_that_starts_apart_from_postgresql_is_judged_once_it_isn_t(
    machine: Machine,
) -> None:
    machine.database_ahead_us = -10 * YEAR_US
    machine.restart(step_us=10 * YEAR_US)
    assert machine.keeper.finding.word == "apart_from_database"
    machine.database_ahead_us = 0
    await machine.run(HOUR_US)
    assert machine.keeper.finding.word == "unconfirmed"


async def test_a_node_that_is_some_seconds_off_is_told_and_goes_on(machine: Machine) -> None:
    machine.database_ahead_us = -3 * SECOND_US
    machine.restart()
    assert machine.keeper.finding.word == "apart_from_database"
    assert await machine.keeper.may_delete()
    machine.database_ahead_us = -2 * SECOND_US
    await machine.keeper.keep()
    assert machine.keeper.finding.word == "ok"


async def test_nodes_whose_clocks_differ_agree_on_what_has_ended(machine: Machine) -> None:
    other = SteppedClock(machine.clock.wall - 30 * SECOND_US)
    keeper = Timekeeper(other, machine.database, OwnRateLimits(10, 10))
    machine.database_ahead_us = 0
    await machine.keeper.keep()
    await keeper.keep()
    assert machine.clock.now_us() - other.now_us() <= SECOND_US


async def test_both_clocks_set_back_reopen_nothing(machine: Machine) -> None:
    machine.database_ahead_us = 0
    await machine.run(HOUR_US)
    before = mark(machine)
    machine.clock.step(-10 * YEAR_US)
    await machine.run(HOUR_US)
    assert machine.keeper.finding.word == "behind"
    assert not await machine.keeper.may_delete()
    assert mark(machine).reached_at >= before.reached_at + 45 * MINUTE_US
    machine.restart()
    assert machine.clock.now_us() >= before.reached_at + 45 * MINUTE_US


class RedisClock(OwnRateLimits):
    """Limits that are measured by a clock that is apart."""

    ahead_us = 0

    def __init__(self, clock: SteppedClock) -> None:
        super().__init__(10, 10)
        self._clock = clock

    async def find_time(self) -> int | None:
        return self._clock.wall + self.ahead_us


async def test_a_redis_whose_clock_is_off_is_told_and_stops_nothing(machine: Machine) -> None:
    limits = RedisClock(machine.clock)
    keeper = Timekeeper(machine.clock, machine.database, limits)
    for ahead_us, word in (
        (0, "ok"),
        (-10 * YEAR_US, "apart_from_redis"),
        (HOUR_US, "apart_from_redis"),
    ):
        limits.ahead_us = ahead_us
        assert await keeper.may_delete()
        assert keeper.finding.word == word
