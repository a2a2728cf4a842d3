"""An open that finds somebody writing is next, however many others write all the while."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from listenlink.store.database.sqlite_database import SqliteDatabase
from listenlink.store.opening.group_commit import GroupCommit

OPENS = 20
HELD_SECONDS = 0.012
# In which another process has let go.
FREE_SECONDS = 0.004


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "busy.db"
    with contextlib.closing(sqlite3.connect(made)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE opens (number INTEGER)")
    return made


@pytest.fixture
def opening(path: Path) -> Iterator[GroupCommit[int, int]]:
    def work(connection: sqlite3.Connection, items: Sequence[int]) -> Sequence[int]:
        connection.executemany("INSERT INTO opens VALUES (?)", [(item,) for item in items])
        return items

    made: GroupCommit[int, int] = GroupCommit(path, work, lambda: None, lambda: None)
    yield made
    made.close()


async def count_written_before(opening: GroupCommit[int, int], written: list[float]) -> list[int]:
    """For each open, how many others have written from its request to its end."""
    counts = []
    for number in range(OPENS):
        await asyncio.sleep(HELD_SECONDS * (1 + number / OPENS))
        before = len(written)
        assert await opening.submit(number) == number
        counts.append(len(written) - before)
    return counts


async def test_others_of_this_process_let_it_by(path: Path, opening: GroupCommit[int, int]) -> None:
    database, written = SqliteDatabase(path), list[float]()

    def hold(connection: Connection) -> None:
        time.sleep(HELD_SECONDS)
        written.append(time.monotonic())

    async def write_on() -> None:
        while True:
            await database.write(hold, within_seconds=60)

    # Many, so that there is always one that could begin just when another has ended.
    writing = [asyncio.create_task(write_on()) for _ in range(10)]
    counts = await count_written_before(opening, written)
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)
    database.close()
    # The one that was at it, and one that had just been let by.
    assert statistics.mean(counts) <= 2, counts
    assert len(written) > OPENS, "the others write, too"


async def test_it_sees_at_once_that_another_process_has_let_go(
    path: Path, opening: GroupCommit[int, int]
) -> None:
    written, ended = list[float](), threading.Event()

    def write_on() -> None:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=60)) as other:
            while not ended.is_set():
                other.execute("BEGIN IMMEDIATE")
                time.sleep(HELD_SECONDS)
                other.execute("COMMIT")
                written.append(time.monotonic())
                time.sleep(FREE_SECONDS)

    writing = threading.Thread(target=write_on)
    writing.start()
    try:
        counts = await count_written_before(opening, written)
    finally:
        ended.set()
        writing.join()
    assert statistics.mean(counts) <= 1.2, counts
    assert len(written) > OPENS
