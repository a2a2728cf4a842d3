"""Fixtures: a machine whose clock is set by hand, and the time that its instance has reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engines import new_backend
from listenlink.store.database.database import Database
from store.clocked_machine import Machine, new_machine


@pytest.fixture(scope="module")
def clocked_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = new_backend(tmp_path_factory.mktemp("instance")).open()
    yield database
    database.close()


@pytest.fixture
def machine(clocked_database: Database, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return new_machine(clocked_database, monkeypatch)
