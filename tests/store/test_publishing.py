"""Publishing and removing objects: one node at a time, whichever holds the database's lock."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engines import POSTGRESQL, new_backend
from listenlink.errors import Problem, ProblemKind
from listenlink.media.bucket.bucket import Bucket
from listenlink.media.disk.places import make_folders
from listenlink.store.database import publishing_turn
from listenlink.store.database.database import Database
from object_storage import ObjectStorage

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


_HOLDERS = text("""
SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE l.locktype = 'advisory' AND l.granted AND l.objid = 4 AND d.datname = current_database()
""")
_ADD = text("INSERT INTO organizations (id, name, created_at) VALUES (:id, 'o', 0)")
_ALL = text("SELECT id FROM organizations ORDER BY id")


def lose_turn(node: Database) -> None:
    """End the connection that holds the lock, as a restart or a network does."""
    assert node.write_now(lambda c: c.execute(_HOLDERS).scalars().all()) == [True]


def add(node: Database, number: int) -> None:
    node.write_now(lambda c: c.execute(_ADD, {"id": number}))


def test_who_has_lost_the_turn_commits_and_reads_nothing_after_the_next_has_begun(
    nodes: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing_turn, "_LOST_TURN_SECONDS", WAITED_SECONDS)
    first, second = nodes
    with first.publishing():
        add(first, 1)
        lose_turn(second)
        # Nobody else has begun: what is done now is still done alone.
        add(first, 2)
        began = time.monotonic()
        with second.publishing():
            # What the first may have asked of a bucket is over by then.
            assert time.monotonic() - began >= WAITED_SECONDS
            for work in (lambda: add(first, 3), lambda: first.read_now(lambda c: c.execute(_ALL))):
                with pytest.raises(Problem) as raised:
                    work()
                assert raised.value.kind is ProblemKind.UNAVAILABLE
            add(second, 4)
        with pytest.raises(Problem):
            add(first, 5)
    add(first, 6)
    assert first.read_now(lambda c: c.execute(_ALL).scalars().all()) == [1, 2, 4, 6]
    for node in nodes:
        node.close()


def test_the_next_waits_for_what_is_being_committed_as_the_turn_is_lost(
    nodes: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would find unneeded what a moment later is needed."""
    monkeypatch.setattr(publishing_turn, "_LOST_TURN_SECONDS", 0)
    first, second = nodes
    found: list[list[int]] = []

    def look() -> None:
        with second.publishing():
            found.append(list(second.read_now(lambda c: c.execute(_ALL).scalars().all())))

    def commit_slowly(connection: Connection) -> None:
        connection.execute(_ADD, {"id": 1})
        connection.execute(_HOLDERS)
        thread.start()
        connection.execute(text(f"SELECT pg_sleep({WAITED_SECONDS})"))
        assert found == []

    thread = threading.Thread(target=look)
    with first.publishing():
        first.write_now(commit_slowly)
    thread.join(10)
    assert found == [[1]]
    for node in nodes:
        node.close()


def test_each_lost_turn_is_waited_for_though_the_one_before_was_lost_too(
    nodes: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing_turn, "_LOST_TURN_SECONDS", WAITED_SECONDS)
    first, second = nodes
    with first.publishing():
        lose_turn(second)
    for node, other in ((second, first), (first, second)):
        began = time.monotonic()
        with node.publishing():
            assert time.monotonic() - began >= WAITED_SECONDS
            lose_turn(other)
    for node in nodes:
        node.close()


def test_a_turn_that_was_given_back_is_not_waited_for(nodes: tuple[Database, Database]) -> None:
    began = time.monotonic()
    for node in nodes * 2:
        with node.publishing():
            add(node, round(time.monotonic() * 1e6))
    assert time.monotonic() - began < publishing_turn._LOST_TURN_SECONDS
    for node in nodes:
        node.close()


def test_no_track_loses_its_bytes_when_a_turn_is_lost(
    nodes: tuple[Database, Database],
    object_storage: ObjectStorage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One node publishes an object that another is about to remove: whichever comes first, what has a row
    has its bytes."""
    monkeypatch.setattr(publishing_turn, "_LOST_TURN_SECONDS", 0)
    prefix = f"turns/{secrets.token_hex(6)}"
    buckets = []
    for number, node in enumerate(nodes):
        bucket = Bucket(tmp_path / str(number), object_storage.address(prefix), 1 << 20)
        make_folders(tmp_path / str(number))
        bucket.share_lock(node.publishing)
        buckets.append(bucket)
    first, second = nodes
    draft = buckets[0].drafts.begin()
    draft.write(b"RIFF" * 1000)
    draft.content_type = "audio/wav"

    def commit() -> None:
        lose_turn(second)
        buckets[1].remove_objects([draft.digest], lambda digest: bool(rows(second)))
        add(first, 1)

    with contextlib.suppress(Problem):
        buckets[0].publish([draft], commit, lambda digest: bool(rows(first)))
    there = object_storage.keys(prefix)
    assert len(rows(first)) <= len(there)
    assert (rows(first), there) == ([], [])
    for node in nodes:
        node.close()


def rows(node: Database) -> list[int]:
    return list(node.read_now(lambda c: c.execute(_ALL).scalars().all()))


_WAITING = text("""
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'SELECT pg_advisory_lock%' AND state = 'active'
""")
