"""Threads for what may wait for something outside this process, in pools of their own, each with a bound.

What hangs keeps only its own kind waiting. asyncio's common pool is left to what asyncio itself needs it for:
it looks up names there, so whatever else waited in it, a dead disk for example, would keep the process from
connecting to anything; and a dead name service would keep it from reading files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Generic, TypeVar

from listenlink.errors import Problem, ProblemKind

_Result = TypeVar("_Result")
_MOST_WAITING = 1000
_ASKED_AGAIN = 49
_PR_SET_NAME, _MOST_NAME_BYTES = 15, 15


class NoThread(Problem):
    """Too much is waiting for a thread already, or waits too long; nothing was done."""


def name_thread(name: str) -> None:
    """Give the calling thread a name that `top -H` shows, of 15 bytes at most, so that an operator, and the
    benchmark, can tell what takes the processor's time. Python does so by itself from 3.14 on."""
    if sys.platform == "linux":
        # Imported here, so that no command pays for it.
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:_MOST_NAME_BYTES])


class _Step(Generic[_Result]):
    """One piece of work: it's begun, or dropped before that."""

    def __init__(self, work: Callable[[], _Result]) -> None:
        self._work = work
        self._deciding = threading.Lock()
        self._is_begun = self._is_dropped = False

    def drop(self) -> bool:
        """Have it not done. False if it's begun."""
        with self._deciding:
            self._is_dropped = not self._is_begun
            return self._is_dropped

    def __call__(self) -> _Result:
        with self._deciding:
            if self._is_dropped:
                raise NoThread(ProblemKind.UNAVAILABLE)
            self._is_begun = True
        return self._work()


async def keep_asking(ask: Callable[[], Awaitable[_Result]]) -> _Result:
    """What was asked for, of a stream that has begun: while others are being served it's slow, and not cut.
    Raises NoThread in the end."""
    for _ in range(_ASKED_AGAIN):
        with contextlib.suppress(NoThread):
            return await ask()
    return await ask()


_all: weakref.WeakSet[Threads] = weakref.WeakSet()


class Threads:
    """At most `at_once` pieces of work at a time, and at most `most_waiting` that wait for their turn, each
    for `patience_seconds`; None means as long as it takes."""

    def __init__(
        self,
        name: str,
        at_once: int,
        *,
        most_waiting: int = _MOST_WAITING,
        patience_seconds: float | None = None,
    ) -> None:
        self._name, self._at_once = name, at_once
        self._most_waiting = most_waiting
        self._patience_seconds = patience_seconds
        self._begin_anew()
        _all.add(self)

    def _begin_anew(self) -> None:
        self._pool = ThreadPoolExecutor(self._at_once, thread_name_prefix=self._name)
        self._thread = threading.local()
        self._counting = threading.Lock()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many pieces of work haven't begun."""
        return self._waiting

    @property
    def is_full(self) -> bool:
        """Whether nothing more may wait for its turn."""
        return self._waiting >= self._most_waiting

    def submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Have it done. Raises NoThread if too many wait already."""
        with self._counting:
            if self._waiting >= self._most_waiting:
                raise NoThread(ProblemKind.UNAVAILABLE)
            self._waiting += 1
        return self._pool.submit(self._begin, work)

    def _begin(self, work: Callable[[], _Result]) -> _Result:
        with self._counting:
            self._waiting -= 1
        # Here and not when the thread begins: whatever it then does first would count as waiting.
        if not hasattr(self._thread, "is_named"):
            self._thread.is_named = True
            name_thread(self._name)
        return work()

    async def run(self, work: Callable[..., _Result], *arguments: Any, **named: Any) -> _Result:
        """Call `work` with the arguments in a thread, and await its result. It's carried through, even if
        nobody waits for it any more. Raises NoThread if too many wait, or it doesn't begin in time."""
        step = _Step(partial(work, *arguments, **named))
        done = asyncio.wrap_future(self.submit(step))
        done.add_done_callback(hear)
        if self._patience_seconds is not None:
            await asyncio.wait((done,), timeout=self._patience_seconds)
            if not done.done() and step.drop():
                raise NoThread(ProblemKind.UNAVAILABLE)
        # Cancelling it would take it out of the pool without its being counted as begun.
        return await asyncio.shield(done)

    def close(self) -> None:
        """End the threads, once they have done what there is to do."""
        self._pool.shutdown()


def hear(done: asyncio.Future[Any]) -> None:
    """Mark the exception as retrieved: those who wait get it, and if nobody waits any more, it's no news."""
    if not done.cancelled():
        done.exception()


def _begin_all_anew() -> None:
    """In a forked process: its parent's threads aren't there, and a pool that counts on them would wait for
    ever."""
    for threads in _all:
        threads._begin_anew()


os.register_at_fork(after_in_child=_begin_all_anew)

# Drafts, previews and other files in the instance's folder.
DISK = Threads("disk", 8)
# What publishes and removes objects: it waits for others who do, and for the database.
STORAGE = Threads("storage", 8)
# Rendering and reading of what is large. It waits for nothing, and more at once would only be slower.
WORK = Threads("work", 4)
# What the process does for itself: nobody who asks for something comes in between.
HOUSE = Threads("house", 4)
# Passwords: each takes 19 MiB and some 20 ms, on purpose. What waits longer than a person does is given up.
HASHES = Threads("hashes", 2, most_waiting=64, patience_seconds=15)
# Names of other machines that people chose. What looks them up may hang for as long as it likes.
LOOK_UPS = Threads("look-ups", 16, most_waiting=64, patience_seconds=5)
# The mail server's, which isn't theirs to hold up.
MAIL_LOOK_UPS = Threads("mail-look-ups", 2, most_waiting=16, patience_seconds=5)
# Passwords of links, apart from those of people: strangers try them, and mustn't keep anybody from signing
# in.
LINK_HASHES = Threads("link-hashes", 1, most_waiting=64, patience_seconds=15)
# Those that creators set: whoever sets many keeps nobody from opening.
NEW_LINK_HASHES = Threads("new-link-hashes", 1, most_waiting=64, patience_seconds=15)
# Who is removed: what they had is changed some rows at a time, with pauses, which takes a while.
FAREWELLS = Threads("farewells", 2, most_waiting=16)
