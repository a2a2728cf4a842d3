"""Make what takes work: once for all who ask for it meanwhile, a few things at a time, kept afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from functools import partial

from listenlink.errors import Problem, ProblemKind
from listenlink.model.shelf import Shelf, Written

_LONGEST_WAIT_SECONDS = 1.0
Work = Callable[[], Awaitable[Written | None]]


class OnceMaker:
    """Makes things for a shelf, `at_once` of them at a time, while at most `most_waiting` more wait for their
    turn, a second at most: so whoever asks for too much is told so, soon.

    `found` counts what was there, or being made for somebody else, and `made` what wasn't.
    """

    def __init__(self, shelf: Shelf, at_once: int, most_waiting: int) -> None:
        self.shelf = shelf
        self._turns = asyncio.Semaphore(at_once)
        self._most_waiting = most_waiting
        self._waiting = 0
        self._making: dict[Hashable, asyncio.Task[Written | None]] = {}
        self.found = self.made = 0

    def has(self, key: Hashable) -> bool:
        """Whether `make` would find it there, or being made. May be asked from any thread."""
        return key in self.shelf or key in self._making

    async def make(self, key: Hashable, work: Work, *, is_small: bool = False) -> Written | None:
        """What is kept under the key, else what `work` makes; None, and nothing is kept, if that is None.
        What `is_small` is so quickly made that it needs no turn.

        Raises Problem(UNAVAILABLE) if too much waits to be made, and whatever `work` raises, to all who
        wait for it.
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
        # Whoever asked first may leave; the others still want it.
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
    """What went wrong is told to who waits. If nobody does any more, that is no news."""
    if not task.cancelled():
        task.exception()
