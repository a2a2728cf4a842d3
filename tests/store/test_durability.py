"""Whoever is answered can't lose it: every commit is waited for until it's on the disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

import servers
from engines import POSTGRESQL, new_backend, of_sqlite
from listenlink.store.database.database import raw_of
from listenlink.store.database.location import DatabaseLocation
from listenlink.store.database.sqlite import connect, make_engine
from listenlink.store.opening import postgres_opens
from listenlink.store.opening.connections import Connections
from listenlink.store.opening.group_commit import GroupCommit
from listenlink.store.opening.open_rows import AuditLine

# sqlite.org/pragma.html#pragma_synchronous: each commit of the write-ahead log is synced.
_FULL = 2
_OFTEN = 10


def _settings(connection: sqlite3.Connection) -> tuple[int, int]:
    asked = (connection.execute(f"PRAGMA {name}") for name in ("synchronous", "foreign_keys"))
    synchronous, foreign_keys = (found.fetchone()[0] for found in asked)
    return synchronous, foreign_keys


@of_sqlite
async def test_every_writer_of_the_embedded_database_syncs_its_commits(tmp_path: Path) -> None:
    path = new_backend(tmp_path).path
    with closing(connect(path, busy_timeout_ms=0)) as connection:
        assert _settings(connection) == (_FULL, 1)
    engine = make_engine(path)
    with engine.execution_options(writes=True).begin() as writing:
        assert _settings(raw_of(writing)) == (_FULL, 1)
        # It has the write lock already, so that nothing it reads changes before it writes.
        with (
            closing(sqlite3.connect(path, timeout=0)) as beside,
            pytest.raises(sqlite3.OperationalError),
        ):
            beside.execute("BEGIN IMMEDIATE")
    engine.dispose()
    group: GroupCommit[int, tuple[int, int]] = GroupCommit(
        path, lambda raw, items: [_settings(raw) for _ in items], lambda: None, lambda: None
    )
    assert await group.submit(1) == (_FULL, 1)
    group.close()


@of_sqlite
def test_a_database_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "gone.db"
    for read_only in (True, False):
        with pytest.raises(sqlite3.OperationalError):
            connect(path, busy_timeout_ms=0, read_only=read_only)
    assert not path.exists()


async def test_an_open_on_postgresql_is_on_the_disk_when_it_is_answered(tmp_path: Path) -> None:
    """By how far the log was written when the answer came. The tests' server syncs nothing unless told."""
    url = servers.new_database()
    name = url.rpartition("/")[2]
    servers.run_sql(servers.postgres(), name, f"ALTER DATABASE {name} SET synchronous_commit = on")
    database = DatabaseLocation(tmp_path, url).open()
    connections = Connections(url, 1)
    try:
        on_disk = 0
        async with connections.use() as connection:
            for number in range(_OFTEN):
                unnamed = [(number.to_bytes(16, "big"), "192.0.2.0/24")]
                found = await postgres_opens.find_links(connection, [b"?" * 32], False, 1, unnamed)
                line = AuditLine(1, 1, None, None, number, found.clients[0], 0, None)
                assert await postgres_opens.keep(connection, found.turn, {}, [line], [], [])
                written, synced = await connection.fetchrow(
                    "SELECT pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn()"
                )
                on_disk += written == synced
        # Now and then PostgreSQL itself writes something in between.
        assert on_disk > _OFTEN // 2
        ordinary = await database.write(
            lambda c: c.execute(text("SHOW synchronous_commit")).scalar_one()
        )
        assert ordinary == "on"
    finally:
        connections.close()
        database.close()


async def test_writers_on_postgresql_take_turns(tmp_path: Path) -> None:
    """So that code which reads and then writes is as free of races as on the embedded database."""
    backend = new_backend(tmp_path, POSTGRESQL)
    database, beside = backend.open(), backend.open()
    locked = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
    try:
        held = await database.write(
            lambda _: beside.read_now(lambda c: c.execute(locked).scalar_one())
        )
        assert held >= 1
        assert beside.read_now(lambda c: c.execute(locked).scalar_one()) == 0
    finally:
        database.close()
        beside.close()
