"""Whose turn it is: users go round, what is long makes room for what is short, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from listenlink.media.turns import Room, Spending, Turn, Turns

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


def test_what_was_spent_counts_for_half_after_half_a_minute() -> None:
    now = [1000.0]
    spending = Spending(lambda: now[0])
    assert spending.lately(ANNA) == 0
    spending.add(ANNA, 8)
    spending.add(BERT, 1)
    now[0] += 30
    assert spending.lately(ANNA) == pytest.approx(4)
    spending.add(ANNA, 10)
    assert spending.much() == {ANNA}
    assert spending.lately(ANNA) == pytest.approx(14)
    now[0] += 30
    assert spending.much() == set()
    assert spending.lately(ANNA) == pytest.approx(7)
    assert spending.lately(BERT) == pytest.approx(0.25)


def test_of_very_many_those_are_forgotten_who_had_least() -> None:
    spending = Spending()
    for user in range(1, 3001):
        spending.add(user, 20 if user == 7 else 1)
    assert len(vars(spending)["_spent"]) == 1000
    assert spending.much() == {7}


async def test_who_has_had_much_lately_leaves_room_for_who_has_not() -> None:
    spending = Spending()
    spending.add(ANNA, 60)
    async with crowd(Turns(1, 1, most_of_one=1, spending=spending)) as asking:
        assert asking.turns.room == Room(True, frozenset())
        await asking.ask(ANNA)
        assert asking.kinds() == [(ANNA, True)]
        spending.add(DORA, 60)
        assert asking.turns.room == Room(True, frozenset([ANNA, DORA]))
        await asking.ask(DORA, BERT)
        assert asking.kinds() == [(ANNA, True), (BERT, False)]
        await asking.end(ANNA)
        assert asking.kinds() == [(BERT, False), (DORA, True)]
        await asking.end(DORA)
        vars(spending)["_spent"].clear()


async def test_who_begins_among_the_long_ones_has_not_grown_long() -> None:
    spending = Spending()
    spending.add(ANNA, 60)
    told: list[bool] = []
    turns = Turns(1, 1, spending=spending, changed=lambda: told.append(True))
    async with crowd(turns) as asking:
        assert asking.turns.have_all_grown, "nothing runs"
        await asking.ask(ANNA)
        assert not asking.turns.have_all_grown
        asking.running[0][0].grow_long()
        assert asking.turns.have_all_grown
        assert told == [True]
        vars(spending)["_spent"].clear()


async def test_where_nothing_long_runs_who_has_had_much_takes_their_turn() -> None:
    spending = Spending()
    spending.add(ANNA, 60)
    async with crowd(Turns(1, 0, spending=spending)) as asking:
        await asking.ask(ANNA, ANNA)
        assert asking.kinds() == [(ANNA, False)]
        vars(spending)["_spent"].clear()


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
