"""Work on a database for somebody who waits only so long: it's in time, or it doesn't happen."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from engines import of_sqlite
from listenlink.errors import Problem, ProblemKind, is_unknown
from listenlink.store.database import errand as errands
from listenlink.store.database import sqlite_database
from listenlink.store.database.database import raw_of
from listenlink.store.database.errand import one_request
from listenlink.store.database.sqlite import create_database
from listenlink.store.database.sqlite_database import SqliteDatabase
from listenlink.store.database.sqlite_errand import SqliteErrand
from listenlink.store.database.sqlite_lock import OpensFirst
from live.database_faults import locked_file

pytestmark = of_sqlite
_WAIT_SECONDS = 0.4
# What a busy machine adds.
_MORE_SECONDS = 1.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    create_database(tmp_path / "listenlink.db")
    made = SqliteDatabase(tmp_path / "listenlink.db")
    yield made
    made.close()


def note(name: str) -> Callable[[Connection], None]:
    """Write something that can be found again."""
    sql = text("INSERT INTO audit_progress (name, audit_id) VALUES (:name, 0)")

    def write(connection: Connection) -> None:
        connection.execute(sql, {"name": name})

    return write


async def noted(database: SqliteDatabase) -> set[str]:
    sql = text("SELECT name FROM audit_progress")
    return {row[0] for row in await database.read(lambda c: c.execute(sql).all())}


async def expect_unavailable(asked: object, at_most: float) -> None:
    began = time.monotonic()
    with pytest.raises(Problem) as told:
        await asked  # type: ignore[misc]
    assert told.value.kind is ProblemKind.UNAVAILABLE
    assert not is_unknown(told.value)
    assert time.monotonic() - began < at_most


async def test_time_in_the_queue_counts_and_readers_never_wait(database: SqliteDatabase) -> None:
    with locked_file(database.path):
        writers = [
            expect_unavailable(
                database.write(note(f"w{number}"), within_seconds=_WAIT_SECONDS),
                _WAIT_SECONDS + _MORE_SECONDS,
            )
            for number in range(100)
        ]
        writing = asyncio.gather(*writers)
        await asyncio.sleep(0)
        for _ in range(20):
            began = time.monotonic()
            await noted(database)
            assert time.monotonic() - began < _WAIT_SECONDS
        await writing
    await database.write(note("after"))
    assert {name for name in await noted(database) if name[0] in "wa"} == {"after"}


async def test_whoever_is_cancelled_writes_nothing_and_holds_no_turn(
    database: SqliteDatabase,
) -> None:
    with locked_file(database.path):
        gone = [asyncio.create_task(database.write(note(f"gone{n}"))) for n in range(5)]
        await asyncio.sleep(0.2)
        for task in gone:
            task.cancel()
        assert all(
            isinstance(each, asyncio.CancelledError)
            for each in await asyncio.gather(*gone, return_exceptions=True)
        )
        next_one = asyncio.create_task(database.write(note("next")))
        await asyncio.sleep(0.1)
    began = time.monotonic()
    await next_one
    assert time.monotonic() - began < _MORE_SECONDS
    assert {name for name in await noted(database) if name[:4] in ("gone", "next")} == {"next"}


async def test_whoever_gave_up_waits_for_no_lock(database: SqliteDatabase) -> None:
    raw = sqlite3.connect(
        database.path, timeout=0.05, isolation_level=None, check_same_thread=False
    )
    errand = SqliteErrand(4)
    with locked_file(database.path), ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(errand.take_turn, raw, OpensFirst())
        await asyncio.sleep(0.1)
        assert errand.give_up()
        with pytest.raises(sqlite3.OperationalError):
            waiting.result(2)
    raw.close()


def test_what_was_given_up_is_neither_begun_nor_committed() -> None:
    """And what is being committed isn't given up."""
    given_up, committing = SqliteErrand(30), SqliteErrand(30)
    assert given_up.give_up()
    with pytest.raises(Problem), given_up.using(sqlite3.connect(":memory:")):
        raise AssertionError("it's begun")
    with pytest.raises(Problem):
        given_up.begin_commit()
    committing.begin_commit()
    assert not committing.give_up()


async def test_what_takes_too_long_is_interrupted_and_undone(database: SqliteDatabase) -> None:
    def work(connection: Connection) -> None:
        note("slow")(connection)
        endless = (
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
        )
        connection.execute(text(endless))

    for ask in (database.write, database.read):
        asked = ask(work if ask == database.write else _endless, within_seconds=_WAIT_SECONDS)
        await expect_unavailable(asked, _WAIT_SECONDS + _MORE_SECONDS)
    # Its thread and its connection are free again, and nothing of it is there.
    began = time.monotonic()
    await database.write(note("next"))
    assert time.monotonic() - began < _MORE_SECONDS
    assert "slow" not in await noted(database)


def _endless(connection: Connection) -> None:
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    connection.execute(text(endless))


async def test_a_commit_that_takes_long_is_waited_for(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the disk, or because it can't be told: then the answer says that it isn't known."""
    monkeypatch.setattr(errands, "COMMITTED_SECONDS", 0.6)
    held = threading.Event()

    def slow_commit(raw: sqlite3.Connection) -> Callable[[str], None]:
        def tell(statement: str) -> None:
            if statement == "COMMIT":
                held.wait(5)

        return tell

    def work(connection: Connection, name: str) -> None:
        note(name)(connection)
        raw = raw_of(connection)
        raw.set_trace_callback(slow_commit(raw))

    known = asyncio.create_task(database.write(lambda c: work(c, "known"), within_seconds=0.2))
    await asyncio.sleep(0.4)
    held.set()
    await known
    held.clear()
    with pytest.raises(Problem) as told:
        await database.write(lambda c: work(c, "unknown"), within_seconds=0.2)
    assert is_unknown(told.value)
    held.set()
    await database.write(note("next"), within_seconds=5)
    assert {"known", "unknown", "next"} <= await noted(database)


async def test_the_calls_of_one_request_have_one_time_together(database: SqliteDatabase) -> None:
    def slow(connection: Connection) -> None:
        time.sleep(0.3)

    async def ask_often() -> None:
        for _ in range(10):
            await database.read(slow)

    with one_request(0.5):
        await expect_unavailable(ask_often(), 0.5 + _MORE_SECONDS)
    # Who asks for nobody has each time anew.
    await ask_often()


async def test_nothing_can_be_written_by_a_reader(database: SqliteDatabase) -> None:
    with pytest.raises(Problem):
        await database.read(note("read"))
    assert "read" not in await noted(database)


@pytest.mark.parametrize("how", ["SQLITE_FULL", "SQLITE_CORRUPT", "no table"])
async def test_a_write_that_fails_leaves_nothing_and_the_next_one_works(
    database: SqliteDatabase, how: str
) -> None:
    def fail(connection: Connection) -> None:
        note("failed")(connection)
        raw = raw_of(connection)
        if how == "SQLITE_FULL":
            raw.execute("PRAGMA max_page_count = 1")
            try:
                raw.executemany(
                    "INSERT INTO audit_progress VALUES (?, 0)",
                    [("f" * 500 + str(n),) for n in range(500)],
                )
            finally:
                raw.execute("PRAGMA max_page_count = 4294967294")
        if how == "SQLITE_CORRUPT":
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        raw.execute("SELECT * FROM nothing")

    await expect_unavailable(database.write(fail), _MORE_SECONDS)
    await database.write(note("next"))
    assert {name[:6] for name in await noted(database) if name[0] in "fn"} == {"next"}


async def test_a_command_waits_a_while_and_then_says_so(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "_PATIENT_SECONDS", _WAIT_SECONDS)

    def write() -> float:
        began = time.monotonic()
        with contextlib.suppress(Problem):
            database.write_now(note("patient"))
            raise AssertionError("written")
        return time.monotonic() - began

    with locked_file(database.path):
        assert _WAIT_SECONDS <= await asyncio.to_thread(write) < _WAIT_SECONDS + _MORE_SECONDS
    assert "patient" not in await noted(database)
