"""Fixtures: a machine whose clock is set by hand, and the time that its instance has reached; a desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engines import new_backend
from listenlink.actions.signing_in import bound_attempts
from listenlink.store.database.database import Database
from store.clocked_machine import Machine, new_machine
from store.desk_actions import Desk
from store.owned import make_place


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty one, in a folder of its own."""
    (tmp_path / "database").mkdir()
    opened = new_backend(tmp_path / "database").open()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def clocked_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = new_backend(tmp_path_factory.mktemp("instance")).open()
    yield database
    database.close()


@pytest.fixture
def machine(clocked_database: Database, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return new_machine(clocked_database, monkeypatch)


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(bound_attempts, "slowed_by", lambda failures: 0.0)
    place = await make_place(tmp_path)
    yield Desk(place, tmp_path)
    place.database.close()
