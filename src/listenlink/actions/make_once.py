"""Make things that take work: once for all who ask meanwhile, a few at a time, and cached afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial

from listenlink.errors import Problem, ProblemKind
from listenlink.model.shelf import Shelf, Written

_LONGEST_WAIT_SECONDS = 1.0
Work = Callable[[], Awaitable[Written | None]]


class OnceMaker:
    """Makes things for a shelf, `at_once` at a time. At most `most_waiting` more wait for their turn, each
    for a second at most, so requests that are too many fail soon.

    `found` counts requests for things already there or being made for somebody else, `made` the others.
    """

    def __init__(self, shelf: Shelf, at_once: int, most_waiting: int) -> None:
        self.shelf = shelf
        self._turns = asyncio.Semaphore(at_once)
        self._most_waiting = most_waiting
        self._waiting = 0
        self._making: dict[Hashable, asyncio.Task[Written | None]] = {}
        self.found = self.made = 0

    def has(self, key: Hashable) -> bool:
        """Whether `make` would find it there or being made. May be called from any thread."""
        return key in self.shelf or key in self._making

    async def make(self, key: Hashable, work: Work, *, is_small: bool = False) -> Written | None:
        """Return what is cached under the key, else what `work` makes; if that is None, nothing is cached.
        Something that `is_small` is made so quickly that it needn't wait its turn.

        Raises Problem(UNAVAILABLE) if too much is waiting to be made, and, for everybody who waits for it,
        whatever `work` raises.
        """
        kept = self.shelf.find(key)
        if kept is not None:
            self.found += 1
            return kept
        task = self._making.get(key)
        if task is not None:
            self.found += 1
        else:
            self.made += 1
            making = self._make(key, work if is_small else partial(self._in_turn, work))
            task = self._making[key] = asyncio.create_task(making)
            task.add_done_callback(_hear)
        # Whoever asked first may disconnect; the others still want it.
        return await asyncio.shield(task)

    async def _make(self, key: Hashable, work: Work) -> Written | None:
        try:
            made = await work()
            if made is not None:
                self.shelf.put(key, made)
            return made
        finally:
            del self._making[key]

    async def _in_turn(self, work: Work) -> Written | None:
        if self._turns.locked():
            await self._wait()
        else:
            await self._turns.acquire()
        try:
            return await work()
        finally:
            self._turns.release()

    async def _wait(self) -> None:
        if self._waiting >= self._most_waiting:
            raise Problem(ProblemKind.UNAVAILABLE)
        self._waiting += 1
        try:
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Problem(ProblemKind.UNAVAILABLE) from None
        finally:
            self._waiting -= 1


def _hear(task: asyncio.Task[Written | None]) -> None:
    """Mark the exception as retrieved: those who wait get it, and if nobody waits any more, it's no news."""
    if not task.cancelled():
        task.exception()
