"""What was spent for an answer that never left is given back: of opens, refusals and writes."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection

from listenlink.actions.opening.pseudonyms import Pseudonyms
from listenlink.actions.opening.rate_limits import OwnRateLimits
from listenlink.actions.opening.transaction import OpenKeeper
from listenlink.actions.write_by_link import write_by_link
from listenlink.errors import Problem, ProblemKind
from listenlink.model.audit import Outcome
from listenlink.model.budget import Budget
from listenlink.store.database.database import Database
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.opening import postgres_opens
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.open_rows import AuditLine, Found, FoundLink, FoundTrack
from store.test_client_names import ANNA, NOON_US, CountedDays, asked

LIMIT = 3
_TRACK = FoundTrack(1, None, "t", "e", "m", 1, 1, 0, "c", "v", 0, None, 0, None)
_LINK = FoundLink(0, None, None, None, None, 2, 0, 7, "public", 0, 1, 0, 0, _TRACK, None)


def left(limits: OwnRateLimits, budget: Budget) -> int:
    return limits.peek(budget, ANNA.number, NOON_US).remaining


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_batch_that_is_not_kept_gives_its_refusals_back(tmp_path: Path, is_kept: bool) -> None:
    backend = DatabaseLocation(tmp_path, None)
    backend.create()
    limits = OwnRateLimits(LIMIT, LIMIT)
    keeper = OpenKeeper(limits, Pseudonyms(CountedDays()), 3600)
    with contextlib.closing(sqlite3.connect(backend.path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        keeper.run_now(connection, [asked(ANNA)] * 2)
        assert left(limits, Budget.REPEAT) == LIMIT - 2
        connection.execute("COMMIT" if is_kept else "ROLLBACK")
        keeper.done() if is_kept else keeper.undo()
    assert left(limits, Budget.REPEAT) == LIMIT - (2 if is_kept else 0)
    assert left(limits, Budget.RESOLVE) == LIMIT


class NoConnections:
    """In place of PostgreSQL's."""

    @contextlib.asynccontextmanager
    async def use(self) -> AsyncIterator[None]:
        yield


@pytest.mark.parametrize("how", ["kept", "fails", "is never kept"])
async def test_on_postgresql_too(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    is_kept = how == "kept"

    async def find_links(*asked: Any) -> SimpleNamespace:
        return SimpleNamespace(links={}, clients=[1] * len(asked[-1]), turn=1)

    async def keep(*_: Any) -> bool:
        if how == "fails":
            raise Problem(ProblemKind.UNAVAILABLE)
        return is_kept

    monkeypatch.setattr(postgres_opens, "find_links", find_links)
    monkeypatch.setattr(postgres_opens, "keep", keep)
    limits = OwnRateLimits(LIMIT, LIMIT)
    connections = cast(Connections, NoConnections())
    keeper = OpenKeeper(limits, Pseudonyms(CountedDays()), 3600, connections)
    with contextlib.nullcontext() if is_kept else pytest.raises(Problem):
        await keeper.run([asked(ANNA)] * 2)
    assert left(limits, Budget.REPEAT) == LIMIT - (2 if is_kept else 0)


async def test_who_is_decided_again_does_not_pay_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a link's two opens another node takes one between finding and keeping: who had been granted it is
    refused, and pays that instead."""
    kept: list[tuple[dict[int, int], list[int]]] = []

    async def find_links(*asked: Any) -> Found:
        link = replace(_LINK, opens=len(kept))
        return Found(len(kept), [1] * len(asked[-1]), {b"?" * 32: link})

    async def keep(
        _: Any, turn: int, granted: dict[int, int], lines: list[AuditLine], *__: Any
    ) -> bool:
        kept.append((dict(granted), [line.outcome for line in lines]))
        return turn > 0

    monkeypatch.setattr(postgres_opens, "find_links", find_links)
    monkeypatch.setattr(postgres_opens, "keep", keep)
    limits = OwnRateLimits(9, 9)
    keeper = OpenKeeper(limits, Pseudonyms(CountedDays()), 3600, cast(Connections, NoConnections()))
    openings = await keeper.run([asked(ANNA)] * 3)
    ends = (
        [Outcome.OPENED, Outcome.OPENED, Outcome.REFUSED],
        [Outcome.OPENED, *[Outcome.REFUSED] * 2],
    )
    assert kept == [({7: 2}, ends[0]), ({7: 1}, ends[1])]
    assert [opening.outcome for opening in openings if opening] == ends[1]
    assert (left(limits, Budget.RESOLVE), left(limits, Budget.REPEAT)) == (8, 7)
    (first, *_) = openings
    assert first is not None
    assert first.left is not None
    assert first.left.remaining == 8


class ScriptedDatabase:
    """Does its work on nothing: `read` when it `is_quick`, and `write` then fails if it's to."""

    def __init__(self, fails: Exception | None) -> None:
        self._fails = fails
        self.writes = 0
        self.is_quick = asyncio.Event()
        self.is_quick.set()

    async def read(self, work: Callable[[Any], Any]) -> Any:
        await self.is_quick.wait()
        return work("read")

    async def write(self, work: Callable[[Any], Any]) -> Any:
        self.writes += 1
        kept = work("write")
        if self._fails is not None:
            raise self._fails
        return kept


async def write(database: ScriptedDatabase, limits: OwnRateLimits, *found_by: str) -> str:
    """A write by a link that is found by `read`, by `write`, or by neither."""

    def find(connection: Connection) -> str | None:
        return "found" if str(connection) in found_by else None

    return await write_by_link(
        cast(Database, database), limits, ANNA, "shr_" + "0" * 32, NOON_US, find, lambda _, it: it
    )


async def test_a_write_that_is_kept_is_spent_and_the_last_is_the_last() -> None:
    database, limits = ScriptedDatabase(None), OwnRateLimits(LIMIT, LIMIT)
    for _ in range(LIMIT):
        assert await write(database, limits, "read", "write") == "found"
    with pytest.raises(Problem) as told:
        await write(database, limits, "read", "write")
    assert told.value.kind is ProblemKind.LIMITED
    assert told.value.details["retry_after_seconds"] > 1
    assert database.writes == LIMIT
    assert left(limits, Budget.REPEAT) == LIMIT


@pytest.mark.parametrize("error", [Problem(ProblemKind.UNAVAILABLE), ValueError()])
async def test_a_write_that_could_not_be_kept_is_given_back(error: Exception) -> None:
    database, limits = ScriptedDatabase(error), OwnRateLimits(LIMIT, LIMIT)
    for _ in range(2 * LIMIT):
        with pytest.raises(type(error)):
            await write(database, limits, "read", "write")
    assert database.writes == 2 * LIMIT
    assert (left(limits, Budget.WRITE), left(limits, Budget.REPEAT)) == (LIMIT, LIMIT)


@pytest.mark.parametrize("found_by", [(), ("read",)], ids=["dead", "closed meanwhile"])
async def test_a_write_that_is_refused_spends_a_refusal(found_by: tuple[str, ...]) -> None:
    database, limits = ScriptedDatabase(None), OwnRateLimits(LIMIT, LIMIT)
    for number in range(LIMIT + 1):
        with pytest.raises(Problem) as told:
            await write(database, limits, *found_by)
        is_told = number < LIMIT
        assert told.value.kind is (ProblemKind.LINK_REFUSED if is_told else ProblemKind.LIMITED)
    assert (left(limits, Budget.WRITE), left(limits, Budget.REPEAT)) == (LIMIT, 0)


async def test_refusals_on_their_way_hold_nothing_that_a_good_write_needs() -> None:
    slow, limits = ScriptedDatabase(None), OwnRateLimits(LIMIT, LIMIT)
    slow.is_quick.clear()
    refused = [asyncio.create_task(write(slow, limits)) for _ in range(2 * LIMIT)]
    await asyncio.sleep(0)
    assert await write(ScriptedDatabase(None), limits, "read", "write") == "found"
    slow.is_quick.set()
    kinds = [error.kind for error in await asyncio.gather(*refused, return_exceptions=True)]  # type: ignore[union-attr]
    assert kinds == [ProblemKind.LINK_REFUSED] * LIMIT + [ProblemKind.LIMITED] * LIMIT
    assert slow.writes == 0
