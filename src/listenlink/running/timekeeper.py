"""Keeps the highest time that was reached, in the database, and says whether the clocks can be believed.

What has ended stays ended: `clock.now_us` never goes below the mark. And nothing is deleted for its age while
it isn't known that the time has passed: when more than two days went by unseen, which may be a wrong clock or
a machine that was off, the operator has to say so first (`listenlink clock --confirm`).

On PostgreSQL its clock is a second witness. A node that is apart from it neither moves the mark nor deletes.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from listenlink.actions.opening.rate_limits import RateLimits
from listenlink.clock import MOST_UNSEEN_US, SECOND_US, Clock
from listenlink.errors import Problem
from listenlink.running.readiness import OK, Check, Finding, Fitness
from listenlink.store import time_marks
from listenlink.store.database.database import Database
from listenlink.store.time_marks import TimeMark

UNCONFIRMED = Finding("unconfirmed", Fitness.FIT)
BEHIND = Finding("behind", Fitness.FIT)
APART_FROM_DATABASE = Finding("apart_from_database", Fitness.FIT)
APART_FROM_REDIS = Finding("apart_from_redis", Fitness.FIT)
# What is told, and what is too much to go on with.
_APART_US = 2 * SECOND_US
_WRONG_US = 60 * SECOND_US
# A restart, or an upgrade. Who was away for longer waits with deleting: the clock may still be set.
_SHORTLY_US = 600 * SECOND_US
_SETTLED_AFTER_US = 3600 * SECOND_US
# Less than a check may take: by that it would count as one that takes the node out of service.
_LOOK_SECONDS = 1.0

_log = structlog.get_logger()


class _Seen(NamedTuple):
    """The wall clock, the time that was reached, and the tick, at one moment."""

    wall_us: int
    now_us: int
    tick_us: int


class Timekeeper:
    """Compares the clocks, whenever it's asked to `keep` the time, and says what came of it."""

    def __init__(self, clock: Clock, database: Database, limits: RateLimits) -> None:
        self._clock = clock
        self._database = database
        self._limits = limits
        self._turn = asyncio.Lock()
        self._words: int | None = None
        # When the clocks were last believed.
        self._seen: _Seen | None = None
        self._steady_from_tick = 0
        self._unseen_us = 0
        # Found by this process, and not noted yet: a transaction may fail.
        self._found_us = 0
        self._apart_us = 0
        self._redis_apart_us = 0

    @property
    def finding(self) -> Finding:
        """What is wrong with the clocks, as of the last comparison."""
        if self._unseen_us > MOST_UNSEEN_US:
            return UNCONFIRMED
        if abs(self._apart_us) > _APART_US:
            return APART_FROM_DATABASE
        if self._clock.ahead_us() > _APART_US:
            return BEHIND
        return APART_FROM_REDIS if abs(self._redis_apart_us) > _APART_US else OK

    def check(self) -> Check:
        """Whether the clocks can be believed. Links open all the same, so no node is taken out of service."""
        return Check("clock", self._look)

    async def _look(self) -> Finding:
        # A database that can't be written to, or not in time, has a check of its own.
        with contextlib.suppress(Problem, TimeoutError):
            async with asyncio.timeout(_LOOK_SECONDS):
                await self.keep()
        return self.finding

    def keep_now(self) -> None:
        """Compare for the first time, before anything is decided by the time; the calling thread waits."""
        self._database.write_now(self._meet)
        self._found_us = 0

    async def keep(self) -> None:
        """Compare the clocks, and note the time that is reached. Raises Problem(UNAVAILABLE)."""
        async with self._turn:
            before_us = self._clock.wall_us()
            redis_us = await self._limits.find_time()
            self._redis_apart_us = _apart(redis_us, before_us, self._clock.wall_us())
            await self._database.write(self._meet)
            self._found_us = 0

    async def may_delete(self) -> bool:
        """Whether what is too old by the clock may be deleted now. Raises Problem(UNAVAILABLE)."""
        await self.keep()
        return (
            self._is_steady()
            and not self._unseen_us
            and abs(self._apart_us) <= _WRONG_US
            and self._clock.ahead_us() <= _WRONG_US
        )

    def _is_steady(self) -> bool:
        return self._clock.tick_us() - self._steady_from_tick >= _SETTLED_AFTER_US

    def _meet(self, connection: Connection) -> None:
        before_us = self._clock.wall_us()
        database_us = time_marks.find_database_now(connection)
        wall_us = self._clock.wall_us()
        self._apart_us = _apart(database_us, before_us, wall_us)
        mark = time_marks.find_mark(connection) or _first_mark(connection, wall_us)
        if self._words not in (None, mark.words):
            self._take_word(mark)
        self._words = mark.words
        if self._seen is None:
            mark = _with_latest_line(connection, mark, wall_us, database_us)
        self._clock.keep_above(mark.reached_at)
        if abs(self._apart_us) <= _WRONG_US:
            seen = self._seen
            self._look_for_step(mark, wall_us)
            mark = mark._replace(
                reached_at=self._agree(mark, seen, database_us),
                audit_id=time_marks.find_newest_line(connection),
                unseen_us=self._add_up(mark.unseen_us),
            )
            time_marks.keep_mark(connection, mark)
        self._note(mark.unseen_us)

    def _take_word(self, mark: TimeMark) -> None:
        """The operator said, here or at another node, that the clock is right."""
        self._clock.trust_wall(mark.reached_at)
        self._seen, self._found_us = self._see(self._clock.wall_us()), 0
        self._steady_from_tick = self._clock.tick_us() - _SETTLED_AFTER_US

    def _see(self, wall_us: int) -> _Seen:
        return _Seen(wall_us, self._clock.now_us(), self._clock.tick_us())

    def _look_for_step(self, mark: TimeMark, wall_us: int) -> None:
        """Compare how far the clock has come with the time that is known to have passed."""
        before, self._seen = self._seen, self._see(wall_us)
        tick_us = self._seen.tick_us
        if before is None:
            # Nobody knows how long it was off. If others wait for the clock to settle, so does this one.
            moved_us = unseen_us = wall_us - mark.reached_at
            is_step = not -_WRONG_US <= moved_us <= _SHORTLY_US
            self._steady_from_tick = tick_us - (0 if mark.unseen_us else _SETTLED_AFTER_US)
        else:
            passed_us = tick_us - before.tick_us
            moved_us = wall_us - before.wall_us - passed_us
            # A machine without a battery starts far behind and is set when it has a network.
            unseen_us = wall_us - before.now_us - passed_us
            is_step = abs(moved_us) > _WRONG_US
        if is_step:
            self._steady_from_tick = tick_us
            self._found_us += max(0, unseen_us)
            _log.warning("clock_stepped", seconds=round(moved_us / SECOND_US))

    def _add_up(self, noted_us: int) -> int:
        """How much isn't believed: what was noted before and what was found now. A little is believed once
        the clock was steady for long enough: it could have been taken back."""
        unseen_us = noted_us + self._found_us
        return 0 if unseen_us <= MOST_UNSEEN_US and self._is_steady() else unseen_us

    def _note(self, unseen_us: int) -> None:
        if unseen_us > MOST_UNSEEN_US >= self._unseen_us:
            _log.error(
                "clock_unconfirmed", hint="nothing is deleted until: listenlink clock --confirm"
            )
        self._unseen_us = unseen_us
        ahead_us = self._apart_us if self._apart_us > _WRONG_US else 0
        self._clock.be_certain(self._clock.now_us() - unseen_us - ahead_us)

    def _agree(self, mark: TimeMark, seen: _Seen | None, database_us: int | None) -> int:
        """The time that is reached. On PostgreSQL that is what it has reached too: what only this node had,
        with a clock that was ahead and is right again, is forgotten."""
        now_us = self._clock.now_us()
        if database_us is not None:
            # While both are behind the mark, time goes on from there.
            passed_us = 0 if seen is None else self._clock.tick_us() - seen.tick_us
            agreed_us = max(mark.reached_at + passed_us, database_us + _APART_US)
            if now_us > agreed_us + _WRONG_US:
                self._clock.trust_wall(mark.reached_at)
                now_us = self._clock.now_us()
            now_us = min(now_us, agreed_us)
        return max(now_us, mark.reached_at)


def _first_mark(connection: Connection, wall_us: int) -> TimeMark:
    """The mark of an instance that has none: it's of a release that had none, or new. What is later than now
    is no evidence: there was no mark when a clock was ahead."""
    latest = time_marks.find_latest_trace(connection)
    reached_us = wall_us if latest is None else min(latest, wall_us)
    return TimeMark(reached_us, time_marks.find_newest_line(connection))


def _with_latest_line(
    connection: Connection, mark: TimeMark, wall_us: int, database_us: int | None
) -> TimeMark:
    """The mark, raised to the audit's newest lines, which a process that was killed wrote after it noted the
    mark. Where there are other nodes, one of them may have had a wrong clock."""
    latest = time_marks.find_latest_line(connection, mark.audit_id)
    if latest is None or latest <= mark.reached_at:
        return mark
    if database_us is not None and latest > max(wall_us, database_us):
        return mark
    return mark._replace(reached_at=latest)


def _apart(other_us: int | None, before_us: int, after_us: int) -> int:
    """How far the wall clock, read before and after another one, is ahead of that; 0 if there is none."""
    if other_us is None or before_us <= other_us <= after_us:
        return 0
    return before_us - other_us if other_us < before_us else after_us - other_us
