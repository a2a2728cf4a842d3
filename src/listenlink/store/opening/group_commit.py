"""Group commit: all requests that arrive at the same moment become one durable transaction.

Answers are released only after the commit, so none is sent before its audit line is on disk. The
work itself runs on the event loop; anything that may have to wait, for a lock that somebody else holds
or for a slow disk's commit, waits in a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.sqlite import connect
from listenlink.store.database.sqlite_lock import is_locked, opens_first
from listenlink.store.opening.group_queue import GroupQueue

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
Work = Callable[[sqlite3.Connection, Sequence[_Item]], Sequence[_Result]]

# Including the work itself, well within the two seconds after which a listener gets "busy".
_LOCK_WAIT_SECONDS = 1.5
# Commits that take longer than this are worth the trip to a thread and back.
INLINE_COMMIT_US = 400


class GroupCommit(GroupQueue[_Item, _Result]):
    """Runs `work(connection, items)` in one transaction for all waiting items.

    `work` returns one result per item, in order. `done()` is called when the transaction is durable,
    `undo()` when it could not be committed; then every item ends in Problem(UNAVAILABLE).
    """

    def __init__(
        self,
        path: Path,
        work: Work[_Item, _Result],
        undo: Callable[[], None],
        done: Callable[[], None],
    ) -> None:
        super().__init__()
        self._path = path
        self._work = work
        self._undo = undo
        self._done = done
        self._connection: sqlite3.Connection | None = None
        self._busy = False
        self._commit_us = 0.0
        self._waits: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="group-commit")

    def _call(self) -> None:
        if not self._busy:
            self._busy = True
            asyncio.get_running_loop().call_soon(self._run_batch)

    def close(self) -> None:
        """Shut down the thread and close the connection."""
        self._thread.shutdown()
        self._drop_connection()

    def _run_batch(self) -> None:
        batch = self._take_batch()
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            if is_locked(error):
                # Somebody else is writing. Waiting for the lock here would stop every other request.
                self._waits = asyncio.ensure_future(self._run_after_lock(batch))
                return
            self._fail(batch, error)
            self._next()
        else:
            self._run_locked(connection, batch)

    async def _run_after_lock(self, batch: list[tuple[_Item, asyncio.Future[_Result]]]) -> None:
        loop = asyncio.get_running_loop()
        try:
            connection = await loop.run_in_executor(self._thread, self._wait_for_lock)
        except Exception as error:
            # Requests that came in meanwhile have waited as well, and aren't made to wait again.
            came_meanwhile, self._waiting = self._waiting, []
            self._fail(batch + came_meanwhile, error)
            self._next()
        else:
            self._run_locked(connection, batch)

    def _wait_for_lock(self) -> sqlite3.Connection:
        connection = self._connected()
        opens_first(self._path).begin(connection, _LOCK_WAIT_SECONDS)
        return connection

    def _run_locked(
        self,
        connection: sqlite3.Connection,
        batch: list[tuple[_Item, asyncio.Future[_Result]]],
    ) -> None:
        try:
            results = self._work(connection, [item for item, _ in batch])
        except Exception as error:
            self._finish(batch, error)
            return
        if self._commit_us <= INLINE_COMMIT_US:
            self._finish(batch, self._commit(connection), results)
            return
        # A slow disk: others are served while it works. Their requests become the next batch.
        committing = asyncio.get_running_loop().run_in_executor(
            self._thread, self._commit, connection
        )
        committing.add_done_callback(lambda done: self._finish(batch, done.result(), results))

    def _commit(self, connection: sqlite3.Connection) -> Exception | None:
        """Commit, and track how long that takes: a moving average over some 16 commits."""
        began_at = time.perf_counter_ns()
        try:
            connection.execute("COMMIT")
        except Exception as error:
            return error
        took_us = (time.perf_counter_ns() - began_at) / 1000
        self._commit_us += (took_us - self._commit_us) / 16
        self.commit_seconds.add(took_us / 1_000_000)
        return None

    def _finish(
        self,
        batch: list[tuple[_Item, asyncio.Future[_Result]]],
        error: Exception | None,
        results: Sequence[_Result] = (),
    ) -> None:
        if error is not None:
            self._undo()
            self._fail(batch, error)
        else:
            self._done()
            self._answer(batch, results)
        self._next()

    def _fail(self, batch: list[tuple[_Item, asyncio.Future[_Result]]], error: Exception) -> None:
        """Leave nobody waiting, whatever went wrong; a storage fault is answered as "busy"."""
        self._drop_connection()
        is_storage = isinstance(error, sqlite3.Error | OSError)
        self._refuse(batch, Problem(ProblemKind.UNAVAILABLE) if is_storage else error)
        if is_storage:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            structlog.get_logger().warning("batch_not_kept", requests=len(batch), error=name)

    def _next(self) -> None:
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._run_batch)
        else:
            self._busy = False

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path, busy_timeout_ms=0)
        return self._connection

    def _drop_connection(self) -> None:
        """Drop the connection: after an error only a fresh one is certain to be outside a transaction."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
