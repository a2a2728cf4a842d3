"""The time that was reached outlives the process, and nothing is deleted by a clock that isn't believed."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from engines import of_sqlite
from listenlink.actions.confirm_clock import confirm_clock, find_times
from listenlink.clock import DAY_US, SECOND_US
from listenlink.running.readiness import Fitness, Readiness
from listenlink.store import time_marks
from stepped_clock import START_US
from store.clocked_machine import HOUR_US, MINUTE_US, YEAR_US, Machine, mark

# By how much a clock is set: too little to ask anybody, and too much not to.
LITTLE = [HOUR_US, DAY_US, -HOUR_US, -DAY_US]
MUCH = [3 * DAY_US, 10 * YEAR_US]


async def test_an_instance_that_runs_and_is_restarted_deletes(machine: Machine) -> None:
    assert await machine.keeper.may_delete()
    await machine.run(HOUR_US)
    assert await machine.keeper.may_delete()
    machine.restart(off_us=5 * MINUTE_US)
    assert await machine.keeper.may_delete()
    assert machine.keeper.finding.word == "ok"
    assert mark(machine).reached_at >= machine.clock.wall


async def test_a_database_that_hung_for_days_makes_no_doubt(machine: Machine) -> None:
    machine.clock.pass_by(5 * DAY_US)
    assert await machine.keeper.may_delete()


async def test_who_was_off_overnight_waits_an_hour_before_it_deletes(machine: Machine) -> None:
    machine.restart(off_us=10 * HOUR_US)
    assert not await machine.keeper.may_delete()
    assert machine.keeper.finding.word == "ok"
    await machine.run(HOUR_US)
    assert await machine.keeper.may_delete()


async def test_a_comparison_that_hangs_takes_no_node_out_of_service(machine: Machine) -> None:
    readiness = Readiness(machine.clock, [machine.keeper.check()])
    # As if the one before waited for its answer.
    async with machine.keeper._turn:
        report = await readiness.look()
    assert report.fitness is Fitness.FIT
    assert report.findings["clock"].word == "ok"


@pytest.mark.parametrize("step_us", LITTLE)
@pytest.mark.parametrize("is_running", [True, False])
async def test_nothing_is_deleted_while_a_little_step_may_be_taken_back(
    machine: Machine, step_us: int, is_running: bool
) -> None:
    await machine.run(HOUR_US)
    machine.set_clock(step_us, is_running=is_running)
    assert not await machine.keeper.may_delete()
    await machine.run(50 * MINUTE_US)
    assert not await machine.keeper.may_delete()
    assert machine.keeper.finding.word == ("ok" if step_us > 0 else "behind")
    machine.clock.step(-step_us)
    assert not await machine.keeper.may_delete()


async def test_nothing_is_deleted_for_an_hour_once_a_step_was_taken_back(machine: Machine) -> None:
    """Nothing is left to doubt, but whoever sets a clock may do so again."""
    await machine.run(HOUR_US)
    for step_us in (-HOUR_US, HOUR_US):
        machine.clock.step(step_us)
        await machine.keeper.keep()
    assert mark(machine).unseen_us == 0
    assert machine.clock.ahead_us() == 0
    assert not await machine.keeper.may_delete()
    await machine.run(HOUR_US)
    assert await machine.keeper.may_delete()


@pytest.mark.parametrize("step_us", MUCH)
@pytest.mark.parametrize("is_running", [True, False])
async def test_nothing_is_deleted_after_days_that_nobody_saw_until_the_operator_says_so(
    machine: Machine, step_us: int, is_running: bool
) -> None:
    await machine.run(HOUR_US)
    machine.set_clock(step_us, is_running=is_running)
    for _ in range(2):
        await machine.run(3 * HOUR_US)
        assert not await machine.keeper.may_delete()
        assert machine.keeper.finding.word == "unconfirmed"
        machine.restart()
    assert mark(machine).unseen_us == step_us
    confirm_clock(machine.database, machine.clock.wall)
    assert await machine.keeper.may_delete()
    assert machine.keeper.finding.word == "ok"
    machine.restart()
    assert await machine.keeper.may_delete()
    assert machine.keeper.finding.word == "ok"


async def test_a_mark_of_a_wrong_clock_holds_until_the_operator_says_so(machine: Machine) -> None:
    machine.restart(step_us=10 * YEAR_US)
    reached_at = machine.clock.now_us()
    assert reached_at == machine.clock.wall
    machine.restart(step_us=-10 * YEAR_US)
    assert machine.clock.now_us() >= reached_at
    assert machine.keeper.finding.word == "unconfirmed"
    assert not await machine.keeper.may_delete()
    before = confirm_clock(machine.database, machine.clock.wall)
    assert (before.now_us, before.unseen_us) == (machine.clock.wall, 10 * YEAR_US)
    # The running server takes the word the next time it looks.
    await machine.keeper.keep()
    assert machine.clock.now_us() == machine.clock.wall
    assert machine.keeper.finding.word == "ok"
    assert find_times(machine.database, machine.clock.wall).reached_at == machine.clock.wall


@pytest.mark.parametrize("step_us", [HOUR_US, DAY_US, 10 * YEAR_US])
async def test_a_start_with_a_clock_that_is_behind_begins_where_it_was(
    machine: Machine, step_us: int
) -> None:
    await machine.run(HOUR_US)
    reached_at = mark(machine).reached_at
    machine.restart(step_us=-step_us)
    assert machine.clock.now_us() >= reached_at
    assert machine.keeper.finding.word == "behind"
    await machine.run(HOUR_US)
    assert not await machine.keeper.may_delete()
    # As with a machine without a battery, once it has a network: nobody needs to be asked.
    machine.clock.step(step_us)
    await machine.run(2 * HOUR_US)
    assert machine.keeper.finding.word == "ok"
    assert await machine.keeper.may_delete()


async def test_what_a_failed_transaction_was_to_note_is_noted_by_the_next(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(Exception):
        pass

    def fail(*_: object) -> None:
        raise Full

    with monkeypatch.context() as patch:
        patch.setattr(time_marks, "keep_mark", fail)
        for years in (4, 6):
            machine.clock.step(years * YEAR_US)
            with pytest.raises(Full):
                await machine.keeper.keep()
    assert not await machine.keeper.may_delete()
    assert mark(machine).unseen_us == 10 * YEAR_US


def add_line(machine: Machine, at_us: int) -> None:
    sql = "INSERT INTO audit (at, outcome, trace, client_id, agent) VALUES (:at, 1, 1, 1, 1)"
    machine.database.write_now(lambda c: c.execute(text(sql), {"at": at_us}))


@of_sqlite
async def test_what_the_audit_was_told_last_counts_though_the_process_was_killed(
    machine: Machine,
) -> None:
    add_line(machine, START_US + 5 * SECOND_US)
    machine.restart(step_us=-HOUR_US)
    assert machine.clock.now_us() == START_US + 5 * SECOND_US
    confirm_clock(machine.database, machine.clock.wall)
    machine.restart()
    assert machine.clock.now_us() == machine.clock.wall


@pytest.mark.parametrize(
    ("last_us", "word"), [(-DAY_US, "ok"), (-3 * DAY_US, "unconfirmed"), (DAY_US, "ok")]
)
async def test_an_instance_of_a_release_without_marks_is_known_by_its_audit(
    machine: Machine, last_us: int, word: str
) -> None:
    machine.database.write_now(lambda c: c.execute(text("DELETE FROM time_marks")))
    add_line(machine, START_US + last_us)
    machine.restart()
    assert machine.keeper.finding.word == word
    assert machine.clock.now_us() == START_US


async def test_what_began_later_than_now_begins_now_once_that_is_said(machine: Machine) -> None:
    def add(connection: Connection) -> None:
        columns = "key_digest, body_digest, sealed, created_at"
        sql = f"INSERT INTO idempotent_answers ({columns}) VALUES (:name, :name, :name, :at)"  # noqa: S608
        for name, at in ((b"late", START_US + YEAR_US), (b"early", START_US - 1)):
            connection.execute(text(sql), {"name": name, "at": at})

    machine.database.write_now(add)
    confirm_clock(machine.database, START_US)
    kept = machine.database.read_now(
        lambda c: c.execute(text("SELECT created_at FROM idempotent_answers ORDER BY 1")).scalars()
    )
    assert list(kept) == [START_US - 1, START_US]
