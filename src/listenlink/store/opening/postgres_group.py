"""Batches on PostgreSQL: what waits at one moment becomes a batch, and a few are in flight at once.

While one waits for the database, the next is gathered: the busier the server, the more requests go into one
round trip and commit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from listenlink.errors import Problem
from listenlink.store.database.postgres import BATCHES
from listenlink.store.opening.group_queue import GroupQueue

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class PostgresGroup(GroupQueue[_Item, _Result]):
    """Runs `work(items)` for all waiting items; it returns one result per item, in order, once these are
    durable. If it raises, every item in the batch ends in that; `failure` is its name in the log."""

    def __init__(
        self,
        work: Callable[[Sequence[_Item]], Awaitable[Sequence[_Result]]],
        *,
        failure: str = "batch_not_kept",
    ) -> None:
        super().__init__()
        self._work = work
        self._failure = failure
        self._running: set[asyncio.Task[None]] = set()
        self._is_called = False

    def close(self) -> None:
        """Start nothing new."""
        for _, answer in self._waiting:
            answer.cancel()
        self._waiting.clear()

    def _call(self) -> None:
        if not self._is_called and len(self._running) < BATCHES:
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._begin)

    def _begin(self) -> None:
        self._is_called = False
        batch = self._take_batch()
        if batch:
            running = asyncio.get_running_loop().create_task(self._run(batch))
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        if self._waiting:
            self._call()

    async def _run(self, batch: list[tuple[_Item, asyncio.Future[_Result]]]) -> None:
        began_at = time.perf_counter()
        try:
            results = await self._work([item for item, _ in batch])
        except Exception as error:
            self._fail(batch, error)
        else:
            self.commit_seconds.add(time.perf_counter() - began_at)
            self._answer(batch, results)
        finally:
            self._running.discard(asyncio.current_task())
            if self._waiting:
                self._call()

    def _fail(self, batch: list[tuple[_Item, asyncio.Future[_Result]]], error: Exception) -> None:
        if isinstance(error, Problem):
            # Requests that came in meanwhile have waited as well, and aren't made to wait again.
            came_meanwhile, self._waiting = self._waiting, []
            batch = batch + came_meanwhile
            cause = type(error.__cause__).__name__
            structlog.get_logger().warning(self._failure, requests=len(batch), error=cause)
        self._refuse(batch, error)
