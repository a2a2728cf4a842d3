"""A machine whose clock, and whose database's, a test sets; the database is a real one."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete

from engines import ENGINE, SQLITE
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.clock import DAY_US, SECOND_US
from listenlink.running.timekeeper import Timekeeper
from listenlink.store import tables, time_marks
from listenlink.store.audit import tables as audit_tables
from listenlink.store.database.database import Database
from listenlink.store.time_marks import TimeMark
from stepped_clock import SteppedClock

MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
YEAR_US = 365 * DAY_US


class Machine:
    """A machine with a wall clock, on which the instance is started and stopped; its database's clock is the
    same, unless it's set."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = SteppedClock()
        # None: there is none but this machine's, unless the tests run on PostgreSQL.
        self.database_ahead_us: int | None = None

    def start(self) -> None:
        self.clock.trust_wall()
        self.keeper = Timekeeper(self.clock, self.database, OwnRateLimits(10, 10))
        self.keeper.keep_now()

    def restart(self, off_us: int = 0, step_us: int = 0) -> None:
        """Let it be off for some time, and have the clock set meanwhile."""
        self.clock.pass_by(off_us)
        self.clock.step(step_us)
        self.start()

    def set_clock(self, step_us: int, *, is_running: bool) -> None:
        """Have the clock set, while it runs or while it's off."""
        if is_running:
            self.clock.step(step_us)
        else:
            self.restart(step_us=step_us)

    async def run(self, us: int) -> None:
        """Let it run for some time."""
        for _ in range(4):
            self.clock.pass_by(us // 4)
            await self.keeper.keep()


def _empty(connection: Connection) -> None:
    for table in (tables.time_marks, audit_tables.audit, tables.idempotent_answers):
        connection.execute(delete(table))


def new_machine(database: Database, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which an instance starts for the first time."""
    database.write_now(_empty)
    made = Machine(database)

    def find_database_now(_: object) -> int | None:
        is_here = ENGINE == SQLITE and made.database_ahead_us is None
        return None if is_here else made.clock.wall + (made.database_ahead_us or 0)

    monkeypatch.setattr(time_marks, "find_database_now", find_database_now)
    made.start()
    return made


def mark(machine: Machine) -> TimeMark:
    found = machine.database.read_now(time_marks.find_mark)
    assert found is not None
    return found
