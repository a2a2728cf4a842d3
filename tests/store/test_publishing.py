"""Publishing and removing objects: one node at a time, whichever holds the database's lock."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from engines import POSTGRESQL, new_backend
from listenlink.store.database.database import Database

WAITED_SECONDS = 0.5


@pytest.fixture
def nodes(tmp_path: Path) -> tuple[Database, Database]:
    """Two on one PostgreSQL database."""
    backend = new_backend(tmp_path, POSTGRESQL)
    return backend.open(), backend.open()


def test_a_node_waits_while_another_publishes(nodes: tuple[Database, Database]) -> None:
    first, second = nodes
    is_in, done = threading.Event(), threading.Event()

    def enter() -> None:
        with second.publishing():
            is_in.set()
        done.set()

    with first.publishing():
        thread = threading.Thread(target=enter)
        thread.start()
        assert not is_in.wait(WAITED_SECONDS)
    assert done.wait(10)
    thread.join(5)
    for node in nodes:
        node.close()


def test_a_node_that_fails_within_lets_go(nodes: tuple[Database, Database]) -> None:
    first, second = nodes
    with pytest.raises(ZeroDivisionError), first.publishing():
        1 / 0  # noqa: B018
    with second.publishing():
        pass
    for node in nodes:
        node.close()


def test_however_many_of_a_node_wait_they_take_one_connection(tmp_path: Path) -> None:
    backend = new_backend(tmp_path, POSTGRESQL)
    first, second = backend.open(), backend.open()
    done: list[int] = []

    def enter(number: int) -> None:
        with second.publishing():
            done.append(number)

    with first.publishing():
        threads = [threading.Thread(target=enter, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        time.sleep(WAITED_SECONDS)
        waiting = second.read_now(lambda c: c.execute(_WAITING).scalar_one())
        assert (waiting, done) == (1, [])
    for thread in threads:
        thread.join(10)
    assert sorted(done) == list(range(8))
    for node in (first, second):
        node.close()


_WAITING = text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'SELECT pg_advisory_lock%' AND state = 'active'
""")
