"""A promise that is over, but which the database was too busy to remove, is in nobody's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from listenlink.actions.authenticate import Caller
from listenlink.actions.promise_bytes import PromiseMaker
from listenlink.actions.promise_rules import PromiseRules
from listenlink.clock import Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.places import make_folders
from listenlink.media.folder.folder import Folder
from listenlink.model.owner import Owner
from listenlink.store import promises as store
from listenlink.store.database.database import Database

OWNER = Owner(1, 1)
CALLER = Caller(OWNER, frozenset())
MOST_BEGUN = 1


@pytest.fixture
def maker(database: Database, tmp_path: Path) -> PromiseMaker:
    make_folders(tmp_path / "node")
    rules = PromiseRules(Folder(tmp_path / "node", 0), MOST_BEGUN, 2**40)
    return PromiseMaker(database, rules, Clock())


async def send(maker: PromiseMaker, *, fails: bool = False) -> None:
    async with maker.form(CALLER, 10, 10, is_repeat=False):
        if fails:
            raise Problem(ProblemKind.UNAVAILABLE)


async def is_busy(*_: Any, **__: Any) -> Any:
    raise Problem(ProblemKind.UNAVAILABLE)


async def leave_one(
    database: Database, maker: PromiseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upload fails, and then the database is too busy to take its promise back."""
    write = database.write

    async def write_once(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(database, "write", is_busy)
        return await write(*given, **named)

    monkeypatch.setattr(database, "write", write_once)
    with pytest.raises(Problem, match="UNAVAILABLE"):
        await send(maker, fails=True)
    monkeypatch.setattr(database, "write", write)
    assert begun(database) == (MOST_BEGUN, 10), "it's as many as there may be"


def begun(database: Database) -> tuple[int, int]:
    now_us = Clock().now_us()
    return database.read_now(lambda c: store.sum_up_begun(c, OWNER, now_us, None))


async def test_an_upload_that_failed_does_not_count_for_the_next(
    database: Database, maker: PromiseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave_one(database, maker, monkeypatch)
    for _ in range(3):
        await send(maker)
    assert begun(database) == (0, 0)


async def test_nor_for_one_in_pieces(
    database: Database, maker: PromiseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leave_one(database, maker, monkeypatch)
    now_us = Clock().now_us()
    await database.write(lambda c: maker.begin_in_pieces(c, CALLER, 7, 20, now_us))
    assert begun(database) == (1, 20)


async def test_it_goes_by_itself_before_its_time(
    database: Database, maker: PromiseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the other nodes, which don't know of it."""
    await leave_one(database, maker, monkeypatch)
    await maker.move_ends()
    assert begun(database) == (0, 0)
