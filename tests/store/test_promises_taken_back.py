"""A promise that is over, but which the database was too busy to remove, is in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines import new_backend
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
MOST_BEGUN = 1


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    (tmp_path / "database").mkdir()
    opened = new_backend(tmp_path / "database").open()
    yield opened
    opened.close()


@pytest.fixture
def maker(database: Database, tmp_path: Path) -> PromiseMaker:
    make_folders(tmp_path / "node")
    rules = PromiseRules(Folder(tmp_path / "node", 0), MOST_BEGUN, 2**40)
    return PromiseMaker(database, rules, Clock())


async def send(maker: PromiseMaker, *, fails: bool = False) -> None:
    async with maker.form(Caller(OWNER, frozenset()), 10, 10, is_repeat=False):
        if fails:
            raise Problem(ProblemKind.UNAVAILABLE)


async def is_busy(*_: Any, **__: Any) -> Any:
    raise Problem(ProblemKind.UNAVAILABLE)


async def test_an_upload_that_failed_does_not_count_for_the_next(
    database: Database, maker: PromiseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = database.write

    async def write_once(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(database, "write", is_busy)
        return await write(*given, **named)

    monkeypatch.setattr(database, "write", write_once)
    with pytest.raises(Problem, match="UNAVAILABLE"):
        await send(maker, fails=True)
    now_us = Clock().now_us()
    begun = database.read_now(lambda c: store.sum_up_begun(c, OWNER, now_us, None))
    assert begun == (MOST_BEGUN, 10), "it's as many as there may be"
    monkeypatch.setattr(database, "write", write)
    for _ in range(3):
        await send(maker)
    assert database.read_now(lambda c: store.sum_up_all(c, now_us)) == 0
