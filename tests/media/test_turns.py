"""Whose turn it is: users go round, what is long makes room for what is short, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest

from listenlink.media.sandbox.child import Pace, run_child
from listenlink.media.sandbox.priority import LOWEST, priority_of
from listenlink.media.turns import Room, Turn, Turns

ANNA, BERT, CARL, DORA = range(1, 5)


class Crowd:
    """Users who ask for turns. `order` is who was given one."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.order: list[int] = []
        self.running: list[tuple[Turn, asyncio.Event]] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def ask(self, *users: int) -> None:
        self.tasks += [asyncio.create_task(self._work(user)) for user in users]
        await settle()

    async def _work(self, user: int) -> None:
        async with self.turns.take(user) as turn:
            self.order.append(user)
            ended = asyncio.Event()
            self.running.append((turn, ended))
            await ended.wait()
            self.running.remove((turn, ended))

    async def end(self, user: int) -> None:
        next(ended for turn, ended in self.running if turn.user == user).set()
        await settle()

    def kinds(self) -> list[tuple[int, bool]]:
        return [(turn.user, turn.is_long) for turn, _ in self.running]


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def crowd(turns: Turns) -> AsyncIterator[Crowd]:
    made = Crowd(turns)
    yield made
    for task in made.tasks:
        task.cancel()
    await asyncio.gather(*made.tasks, return_exceptions=True)
    assert turns.waiting == 0
    assert turns.room == Room(True, frozenset()), "every turn was given back"


async def test_who_asks_for_much_has_two_and_somebody_else_begins_at_once() -> None:
    async with crowd(Turns(2, 6)) as asking:
        await asking.ask(*[ANNA] * 10)
        assert asking.kinds() == [(ANNA, False), (ANNA, True)]
        await asking.ask(BERT)
        assert asking.kinds()[2:] == [(BERT, False)]


async def test_users_go_round_however_many_each_has_waiting() -> None:
    async with crowd(Turns(1, 0)) as asking:
        await asking.ask(*[ANNA] * 5, *[BERT] * 2, CARL)
        for _ in range(7):
            await asking.end(asking.order[-1])
        assert asking.order == [ANNA, BERT, CARL, ANNA, BERT, ANNA, ANNA, ANNA]


async def test_what_takes_long_makes_room() -> None:
    async with crowd(Turns(2, 2)) as asking:
        await asking.ask(ANNA, BERT, CARL)
        assert asking.order == [ANNA, BERT]
        asking.running[0][0].grow_long()
        await settle()
        assert asking.kinds() == [(ANNA, True), (BERT, False), (CARL, False)]


async def test_where_the_long_ones_are_full_the_next_waits_for_one_of_them() -> None:
    async with crowd(Turns(1, 1)) as asking:
        await asking.ask(ANNA)
        asking.running[0][0].grow_long()
        await asking.ask(BERT, CARL)
        asking.running[1][0].grow_long()
        await settle()
        assert asking.order == [ANNA, BERT]
        await asking.end(ANNA)
        assert asking.kinds() == [(BERT, True), (CARL, False)]


async def test_whoever_leaves_the_line_takes_nothing_along() -> None:
    async with crowd(Turns(1, 0)) as asking:
        await asking.ask(ANNA, BERT, CARL)
        asking.tasks[1].cancel()
        await settle()
        await asking.end(ANNA)
        assert asking.order == [ANNA, CARL]


async def test_room_tells_whose_work_could_begin() -> None:
    async with crowd(Turns(1, 1)) as asking:
        await asking.ask(ANNA)
        assert asking.turns.room == Room(False, frozenset([ANNA]))
        await asking.ask(ANNA)
        assert asking.turns.room == Room(False, frozenset())
        await asking.end(ANNA)
        assert asking.turns.room == Room(True, frozenset())
        await asking.ask(ANNA)
        await asking.ask(BERT)
        assert asking.turns.room.is_open is False


class Given(Turn):
    def __init__(self, *, is_long: bool = False) -> None:
        super().__init__(Turns(), 1, is_long=is_long)


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
    code = f"{SPIN}\n{GROUP}".format(seconds, expected, "os.nice(0)")
    command = [sys.executable, "-I", "-c", code]
    with os.fdopen(os.open(os.devnull, os.O_RDONLY), "rb", buffering=0) as nothing:
        told, exit_code = await run_child(command, nothing, 1000, 250, pace=pace)
    assert exit_code == 0
    return [int(word) for word in told.split()]


async def test_a_child_gives_way_after_a_while_and_within_its_session_s_group_too() -> None:
    own, second = Given(), Given(is_long=True)
    assert await niceness(Pace(own, 7, 60.0), 0.1, 7) == [7, 7]
    assert not own.outgrew
    assert await niceness(Pace(own, 7, 0.2), 0.3, LOWEST) == [LOWEST, LOWEST]
    assert own.outgrew
    assert await niceness(Pace(second, 3), 0.1, 8) == [8, 8]
    assert await niceness(Pace(second, 3, 0.2), 0.3, LOWEST) == [LOWEST, LOWEST]


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


async def test_who_leaves_just_when_their_turn_comes_gives_it_back() -> None:
    async with crowd(Turns(1, 0)) as asking:
        await asking.ask(ANNA, BERT, CARL)
        next(ended for turn, ended in asking.running if turn.user == ANNA).set()
        while asking.turns.waiting == 2:
            await asyncio.sleep(0)
        # Bert's is given, and he hasn't begun.
        assert asking.order == [ANNA]
        asking.tasks[1].cancel()
        await settle()
        assert asking.order == [ANNA, CARL]


async def test_room_is_told_of_when_a_turn_grows_long_and_when_it_ends() -> None:
    told: list[bool] = []
    async with crowd(Turns(1, 1, changed=lambda: told.append(True))) as users:
        await users.ask(ANNA)
        assert told == []
        users.running[0][0].grow_long()
        users.running[0][0].grow_long()
        assert told == [True]
        await users.end(ANNA)
        assert told == [True, True]
