"""Whose audio is worked on next, over several nodes: users go round, however much each has waiting."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engines import new_backend
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.promise_rules import PromiseRules
from listenlink.clock import Clock
from listenlink.media.disk.draft import Draft
from listenlink.media.folder.folder import Folder
from listenlink.media.turns import Turn
from listenlink.model.sound import Derived
from listenlink.running.derive_audio import AudioDeriver
from listenlink.store import derived
from listenlink.store.database.database import Database
from listenlink.store.derived import Underived, Waiting
from store.shown_rows import add_owner, add_track

ANNA, BERT = 1, 2
MANY, FEW = 40, 3
HOUR_US = 3600 * 10**6


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = new_backend(tmp_path).open()
    opened.write_now(add_owner)
    yield opened
    opened.close()


def add_waiting(database: Database, user: int, numbers: range) -> None:
    def add(connection: Any) -> None:
        for number in numbers:
            add_track(connection, number, creator_id=user, derived_at=None, created_at=number)

    database.write_now(add)


class Node(AudioDeriver):
    """A node whose work takes until it's told to end. `begun` is whose was begun, in order."""

    def __init__(self, database: Database, begun: list[int]) -> None:
        folder = Folder(Path(tempfile.mkdtemp()))
        promises = PromiseMaker(database, PromiseRules(folder, 1, 1), Clock())
        super().__init__(database, folder, Clock(), promises)
        self._data = database
        self._begun_users = begun
        self.holding: list[tuple[int, asyncio.Event]] = []
        self.others: list[int] = []

    async def _derive(self, taken: Underived, drafts: list[Draft], turn: Turn, others: int) -> None:
        self.others.append(others)
        user = ANNA if taken.id < 10_000 else BERT
        self._begun_users.append(user)
        self.holding.append((user, ended := asyncio.Event()))
        await ended.wait()
        self._data.write_now(lambda c: derived.keep_derived(c, taken.id, Derived(), 1))

    async def settle(self, least: int) -> None:
        """Until so many are being worked on."""
        deadline = time.monotonic() + 30
        while len(self.holding) < least and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)

    async def end_one(self) -> None:
        _, ended = self.holding.pop(0)
        before = len(self._begun_users)
        ended.set()
        deadline = time.monotonic() + 30
        while len(self._begun_users) == before and time.monotonic() < deadline:
            await asyncio.sleep(0.01)


@pytest.fixture
async def nodes(database: Database) -> AsyncIterator[list[Node]]:
    begun: list[int] = []
    made = [Node(database, begun), Node(database, begun)]
    running: list[asyncio.Task[None]] = []

    def start() -> None:
        running.extend(asyncio.create_task(node.run()) for node in made)

    made[0].start = start  # type: ignore[attr-defined]
    made[0].begun = begun  # type: ignore[attr-defined]
    yield made
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_who_has_much_waiting_lets_others_in_between(
    database: Database, nodes: list[Node]
) -> None:
    add_waiting(database, ANNA, range(1, MANY))
    first, second = nodes
    first.start()  # type: ignore[attr-defined]
    for node in nodes:
        await node.settle(2)
    begun: list[int] = first.begun  # type: ignore[attr-defined]
    assert begun == [ANNA] * 4, "two at a time of one user, on each node"
    for node in nodes:
        assert node.others[0] < node.others[1] <= 3, "how many others are worked on, on any node"
    add_waiting(database, BERT, range(10_000, 10_000 + FEW))
    first.wake()
    await first.settle(4)
    assert begun[4:] == [BERT, BERT], "there is room for somebody else at once"
    assert first.others[2:] == [0, 1], "of their own"
    await second.end_one()
    assert begun[6] == BERT, "fewer of Bert's are being worked on than of Anna's, over both nodes"
    for _ in range(2):
        await first.end_one()
    assert len(begun) >= 9
    assert set(begun[7:]) == {ANNA}, "and Anna's go on"


def test_begun_and_waiting_are_told_apart_by_user(database: Database) -> None:
    add_waiting(database, BERT, range(10_000, 10_002))
    add_waiting(database, ANNA, range(20_000, 20_003))
    now_us = HOUR_US
    taken = database.write_now(lambda c: derived.take_underived(c, ANNA, now_us, 0))
    assert taken is not None
    assert taken.id == 20_000
    told = database.read_now(lambda c: derived.list_waiting(c, now_us, now_us - 1))
    assert told == [Waiting(BERT, 0), Waiting(ANNA, 1)]
    later = database.read_now(lambda c: derived.list_waiting(c, now_us + 2, now_us + 1))
    assert later == [Waiting(BERT, 0), Waiting(ANNA, 0)], "who began so long ago has died"
    database.write_now(lambda c: derived.renew(c, taken.id, now_us + 2))
    again = database.read_now(lambda c: derived.list_waiting(c, now_us + 2, now_us + 1))
    assert again == [Waiting(BERT, 0), Waiting(ANNA, 1)]


def test_a_thousand_waiting_are_looked_through_soon(database: Database) -> None:
    add_waiting(database, ANNA, range(1, 1_000))
    began_at = time.process_time()
    assert database.read_now(lambda c: derived.list_waiting(c, 0, 0)) == [Waiting(ANNA, 0)]
    took = time.process_time() - began_at
    print(f"{took * 1000:.1f} ms")
    assert took < 0.1
