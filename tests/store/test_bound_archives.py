"""Archives are looked up one at a time, clients go round, and so many wait at most."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from listenlink.actions.take_archive import ArchiveTaker
from listenlink.errors import Problem, ProblemKind
from listenlink.media.archive_url import OwnArchive

NOW_US = 1_800_000_000_000_000
OF_A_CLIENT, OF_ALL = 16, 256


class Waiting:
    """A database that looks one thing up at a time, and finds nothing, once it's let."""

    def __init__(self) -> None:
        self.let, self.at_once, self.most, self.asked = asyncio.Event(), 0, 0, 0

    async def read(self, _: Any) -> None:
        self.at_once += 1
        self.asked += 1
        self.most = max(self.most, self.at_once)
        await self.let.wait()
        self.at_once -= 1


def taker(database: Any) -> ArchiveTaker:
    leave = OwnArchive(1, 2, NOW_US // 1_000_000 + 60)
    urls: Any = SimpleNamespace(read=lambda *_: leave)
    nothing: Any = None
    return ArchiveTaker(database, urls, nothing, 60)


async def refusal(taking: ArchiveTaker, client: int) -> ProblemKind | None:
    """Why one more is refused at once; None if it waits."""
    asked = asyncio.ensure_future(taking.begin("x", client, NOW_US))
    await asyncio.sleep(0)
    if not asked.done():
        asked.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asked
        return None
    problem = asked.exception()
    assert isinstance(problem, Problem)
    return problem.kind


@pytest.mark.parametrize("clients", [1, OF_ALL // OF_A_CLIENT])
async def test_so_many_wait_and_one_is_looked_up(clients: int) -> None:
    database = Waiting()
    taking = taker(database)
    waiting = [
        asyncio.ensure_future(taking.begin("x", client, NOW_US))
        for client in range(clients)
        for _ in range(OF_A_CLIENT)
    ]
    await asyncio.sleep(0)
    assert await refusal(taking, 0) is ProblemKind.LIMITED
    another = None if clients == 1 else ProblemKind.UNAVAILABLE
    assert await refusal(taking, 1000) is another
    assert database.most == 1
    database.let.set()
    assert await asyncio.gather(*waiting) == [None] * len(waiting)
    assert (database.most, database.asked) == (1, len(waiting))
