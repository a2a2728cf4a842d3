"""Promise bytes before they're written: room on the disks, bounds for a user, the organisation's quota.

What has been promised counts like what is written, for every process and node on the same file system. It's
checked and stored in one transaction, and writers take turns: two can't be promised the last room.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TypeVar

from sqlalchemy import Connection

from listenlink.actions.authenticate import Caller
from listenlink.actions.idempotency import Doing
from listenlink.actions.promise_rules import PromiseRules
from listenlink.clock import SECOND_US, Clock
from listenlink.errors import Problem, ProblemKind
from listenlink.model.moment import is_over
from listenlink.store import promises as store
from listenlink.store.database.database import Database, is_full
from listenlink.store.promises import Promise

_Made = TypeVar("_Made")
# A process moves the ends of what it works on forward; what it leaves behind, killed, is over after this.
LASTS_US = 60 * SECOND_US
# Nothing runs between two chunks, so the promise of an upload in pieces outlasts a pause.
PAUSE_US = 900 * SECOND_US
_MOVED_EVERY_SECONDS = 20.0
# How much is promised at a time of what doesn't say how long it is.
_STEP_BYTES = 8 * 1024 * 1024
_MOST_LEFT = 500


class Kept:
    """A promise that is being kept. `cover` makes it larger; `settling` ends it with what is made of it."""

    def __init__(
        self, maker: PromiseMaker, number: int, promise: Promise, *, is_free: bool
    ) -> None:
        self.number = number
        self.is_settled = False
        self._maker = maker
        self._promise = promise
        self._is_free = is_free

    async def cover(self, size_bytes: int) -> None:
        """Return once so much is promised. Raises Problem like `PromiseMaker.form`."""
        if size_bytes > self._promise.size_bytes:
            larger = max(size_bytes, 2 * self._promise.size_bytes)
            self._promise = await self._maker.enlarge(
                self.number, self._promise, larger, is_free=self._is_free
            )

    def settling(self, doing: Doing[_Made]) -> Doing[_Made]:
        """Do it so that the promise is over in the same transaction."""

        def settle(connection: Connection, make: Callable[[Connection], _Made]) -> _Made:
            made = doing(connection, make)
            store.remove_promises(connection, [self.number])
            self.is_settled = True
            return made

        return settle


class PromiseMaker:
    """Makes promises, and lets those that this process keeps go on. `refused` counts refusals by reason."""

    def __init__(self, database: Database, rules: PromiseRules, clock: Clock) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._held: dict[int, int] = {}
        # What is over, but couldn't be removed: whatever is promised next doesn't count it.
        self._left: tuple[int, ...] = ()
        self.refused: Counter[str] = Counter(room=0, begun=0, quota=0)

    @contextlib.asynccontextmanager
    async def form(
        self, caller: Caller, size_bytes: int | None, counted_bytes: int, *, is_repeat: bool
    ) -> AsyncIterator[Kept]:
        """Promise a file that comes in one request, as long as the block lasts: at most `size_bytes`, None if
        that isn't said, of which `counted_bytes` at least are the file's. A repeat, whose answer there is
        already, makes nothing, so only the room counts.

        Raises Problem: TOO_MANY_BEGUN, QUOTA_EXCEEDED, STORAGE_FULL.
        """
        size_bytes = _STEP_BYTES if size_bytes is None else size_bytes
        promise = self._rules.promise(caller.owner, size_bytes, counted_bytes)
        with self.counting():
            async with self._kept(promise, is_free=is_repeat) as kept:
                yield kept

    @contextlib.asynccontextmanager
    async def ourselves(self, size_bytes: int) -> AsyncIterator[None]:
        """Promise what the server makes by itself. Raises Problem(STORAGE_FULL)."""
        if self._rules.room.is_off:
            yield
            return
        async with self._kept(self._rules.promise(None, size_bytes, 0), is_free=True):
            yield

    def begin_in_pieces(
        self, connection: Connection, caller: Caller, number: int, size_bytes: int, now_us: int
    ) -> None:
        """Promise an upload in pieces, in the transaction that begins it. Raises Problem like `form`."""
        promise = self._rules.promise(caller.owner, size_bytes, size_bytes, is_resumable=True)
        self._require(connection, promise, number, now_us)
        store.add_promise(connection, promise, now_us, now_us + PAUSE_US, number)

    @contextlib.asynccontextmanager
    async def going_on(
        self, caller: Caller, number: int, size_bytes: int, now_us: int
    ) -> AsyncIterator[int]:
        """Let the promise of an upload in pieces go on while a chunk arrives: made anew if the pause was too
        long, or if it goes on on another machine. Gives until when it counts. Raises Problem like `form`."""
        promise = self._rules.promise(caller.owner, size_bytes, size_bytes, is_resumable=True)

        def go_on(connection: Connection) -> None:
            end = store.find_end(connection, number, promise.place)
            if end is None or is_over(end, now_us):
                self._require(connection, promise, number, now_us)
            store.add_promise(connection, promise, now_us, now_us + PAUSE_US, number)

        with self.counting():
            end = await self._database.read(lambda c: store.find_end(c, number, promise.place))
            if end is None or end < now_us + PAUSE_US - 5 * LASTS_US:
                await self._database.write(go_on)
                end = now_us + PAUSE_US
            self._held[number] = PAUSE_US
            try:
                yield end
            finally:
                del self._held[number]

    async def enlarge(
        self, number: int, promise: Promise, size_bytes: int, *, is_free: bool
    ) -> Promise:
        """Make a promise larger; it's checked anew. Raises Problem like `form`."""
        larger = self._rules.promise(promise.owner, size_bytes, promise.size_bytes)

        def write(connection: Connection) -> None:
            now_us = self._clock.now_us()
            self._require(connection, larger, number, now_us, is_free=is_free)
            store.add_promise(connection, larger, now_us, now_us + LASTS_US, number)

        await self._database.write(write)
        return larger

    async def go_on(self) -> None:
        """Until cancelled, let what this process works on count on, and clear away what is over."""
        while True:
            await asyncio.sleep(_MOVED_EVERY_SECONDS)
            with contextlib.suppress(Problem, OSError):
                await self.move_ends()

    async def move_ends(self) -> None:
        """Do so once. Raises Problem(UNAVAILABLE)."""
        if not self._held and not self._left:
            return
        now_us = self._clock.now_us()
        held, left = dict(self._held), self._left

        def move(connection: Connection) -> None:
            store.remove_promises(connection, left)
            for lasts_us in set(held.values()):
                numbers = [number for number, each in held.items() if each == lasts_us]
                store.move_ends(connection, numbers, now_us + lasts_us)
            store.remove_over(connection, now_us - PAUSE_US)

        await self._database.write(move)
        self._left = tuple(number for number in self._left if number not in left)

    @contextlib.asynccontextmanager
    async def _kept(self, promise: Promise, *, is_free: bool) -> AsyncIterator[Kept]:
        def add(connection: Connection) -> int:
            now_us = self._clock.now_us()
            self._require(connection, promise, None, now_us, is_free=is_free)
            return store.add_promise(connection, promise, now_us, now_us + LASTS_US)

        number = await self._database.write(add)
        self._held[number] = LASTS_US
        kept = Kept(self, number, promise, is_free=is_free)
        has_failed = True
        try:
            yield kept
            has_failed = False
        finally:
            del self._held[number]
            if has_failed or not kept.is_settled:
                await asyncio.shield(self._take_back(number))

    async def _take_back(self, number: int) -> None:
        try:
            await self._database.write(lambda c: store.remove_promises(c, [number]))
        except Problem:  # It's over by itself within a minute, and before that where that matters.
            self._left = (*self._left, number)[-_MOST_LEFT:]

    def _require(
        self,
        connection: Connection,
        promise: Promise,
        number: int | None,
        now_us: int,
        *,
        is_free: bool = False,
    ) -> None:
        """`PromiseRules.require`, once what is left over is removed. May be done again: `move_ends` forgets
        what is gone."""
        store.remove_promises(connection, self._left)
        self._rules.require(connection, promise, number, now_us, is_free=is_free)

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """Count the refusal in which the block ends, if it's one of these, for the metrics. A database that
        has no room for the promise itself has none for an upload."""
        try:
            yield
        except Problem as problem:
            if is_full(problem.__cause__):
                self.refused["room"] += 1
                raise Problem(ProblemKind.STORAGE_FULL) from problem
            reason = _REASONS.get(problem.kind)
            if reason is not None:
                self.refused[reason] += 1
            raise


_REASONS = {
    ProblemKind.STORAGE_FULL: "room",
    ProblemKind.TOO_MANY_BEGUN: "begun",
    ProblemKind.QUOTA_EXCEEDED: "quota",
}
