"""Runs a child process on a stranger's file: bounded in time and in its answer, and gone afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from typing import BinaryIO, NamedTuple, Protocol

import structlog

from listenlink.errors import Problem, ProblemKind
from listenlink.media.sandbox.lockdown import MAX_WALL_SECONDS
from listenlink.media.sandbox.priority import (
    LOWEST,
    SECOND,
    Priority,
    niceness_after,
    priority_of,
)
from listenlink.media.sandbox.spawn import Child, spawn
from listenlink.media.sandbox.unreadable import make_unreadable

WALL_SECONDS = MAX_WALL_SECONDS + 5  # The child's own timer ends it before.
COSTLY_SIGNALS = (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
_CHUNK_BYTES = 64 * 1024
# What a child that waits for the disk may take before it counts as a long one, as a multiple of CPU time.
_WAITING = 5
_LOOK_EVERY_SECONDS = 0.25


class Turn(Protocol):
    """Leave to run a child (`media/turns.py`). `is_long`: it's to give way a little from the beginning, and
    more, the more CPU seconds its user has `spent_lately`; `spend` is told of its own. `grow_long` is called
    once it has been running for long, and from then on it gives way to all."""

    is_long: bool

    @property
    def spent_lately(self) -> float:
        """CPU seconds of the same user's children, of which those count for less that were longer ago."""

    def spend(self, seconds: float) -> None:
        """Count CPU seconds that the child has just taken."""

    def grow_long(self) -> None:
        """Count it among the long ones."""


class Pace(NamedTuple):
    """How a child runs beside others: with this niceness, and after so much CPU time as the last of all."""

    turn: Turn
    niceness: int = 0
    short_seconds: float = 2.0


async def run_child(
    command: Sequence[str],
    file: BinaryIO,
    most_bytes: int,
    wall_seconds: float = WALL_SECONDS,
    given: Sequence[int] = (),
    pace: Pace | None = None,
) -> tuple[bytes, int]:
    """What the child wrote (cut off soon after `most_bytes`) and its exit code.

    The file is its descriptor 0; it inherits the descriptors in `given` as well. `pace` None: it runs with
    the usual niceness. Cancelling this ends the child. Raises Problem(UNAVAILABLE) if no process can be
    started.
    """
    answer = bytearray()
    async with _child(command, file, given) as child, _giving_way(child, pace) as taken:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wall_seconds):
                while len(answer) <= most_bytes:
                    chunk = await child.stdout.read(_CHUNK_BYTES)
                    if not chunk:
                        taken.count()  # Before it's gone.
                        await child.wait()
                        break
                    answer += chunk
    # The context manager has waited, so there is an exit code.
    return bytes(answer), child.returncode if child.returncode is not None else -signal.SIGKILL


def reopen(file_descriptor: int) -> BinaryIO:
    """The same file; with /proc, opened for reading only and with a position of its own."""
    try:
        own = os.open(f"/proc/self/fd/{file_descriptor}", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        own = os.dup(file_descriptor)
    return os.fdopen(own, "rb", buffering=0)


class _Taken:
    """What a child has taken, counted for its user as it goes."""

    def __init__(self, priority: Priority, pace: Pace | None) -> None:
        self._priority = priority
        self._pace = pace
        self.seconds = 0.0

    def count(self) -> None:
        """Count what it has taken since this was called last."""
        more = self._priority.cpu_seconds - self.seconds
        if self._pace is not None and more > 0:
            self.seconds += more
            self._pace.turn.spend(more)


@contextlib.asynccontextmanager
async def _giving_way(child: Child, pace: Pace | None) -> AsyncIterator[_Taken]:
    """Let the child give way to others while the block lasts."""
    with priority_of(child.pid) as priority:
        taken = _Taken(priority, pace)
        giving_way = asyncio.create_task(_give_way(child, priority, taken, pace))
        try:
            yield taken
        finally:
            taken.count()  # Of one that is to be ended, too.
            giving_way.cancel()
            await asyncio.wait([giving_way])


async def _give_way(child: Child, priority: Priority, taken: _Taken, pace: Pace | None) -> None:
    if pace is None:
        return
    turn, least, is_short = pace.turn, pace.niceness, True
    least += SECOND if turn.is_long else 0
    began_at = time.monotonic()
    while child.returncode is None:
        await priority.lower(least + niceness_after(turn.spent_lately))
        await asyncio.sleep(_LOOK_EVERY_SECONDS)
        taken.count()
        passed = (time.monotonic() - began_at) / _WAITING
        if is_short and max(taken.seconds, passed) >= pace.short_seconds:
            least, is_short = LOWEST, False
            turn.grow_long()


@contextlib.asynccontextmanager
async def _child(
    command: Sequence[str], file: BinaryIO, given: Sequence[int]
) -> AsyncIterator[Child]:
    """Start a child that is ended and reaped afterwards, whatever happens."""
    make_unreadable()
    try:
        child = await spawn(command, file.fileno(), given, _CHUNK_BYTES)
    except OSError as error:
        # Out of descriptors, processes or memory: not the file's fault.
        structlog.get_logger().error("process_not_started", errno=error.errno)
        raise Problem(ProblemKind.UNAVAILABLE) from error
    try:
        yield child
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
        # Reads what is left, because a full pipe would stop the wait from ending. Shielded, because
        # a second cancellation must not leave a zombie.
        await asyncio.shield(child.communicate())
