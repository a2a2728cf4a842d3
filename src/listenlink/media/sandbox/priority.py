"""How a child process gives way to others, by the kernel's own means. Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
from collections.abc import Iterator

# Niceness, where the server has 0: what is added for a user's second child, and what long ones have. With 19,
# and another program that wants all processors, these would never end.
SECOND, LOWEST = 5, 12
_TRIES = 20
# Without CAP_SYS_ADMIN, the kernel changes one group in a tenth of a second (kernel/sched/autogroup.c).
_TRY_AGAIN_SECONDS = 0.1
# The clock of another process's CPU time, as clock_getcpuclockid(3) makes it of the process's number.
_CPU_CLOCK = 2


def niceness_after(seconds: float) -> int:
    """What is added for CPU seconds that a user's children have taken lately: 4 for five, 6 for ten, 12 for
    35. With each step a process gets a fifth less of what it competes for, so whoever has had much is served
    after whoever has had little, and gets their part again while they take nothing."""
    return round(4 * math.log2(1 + seconds / 5))


class Priority:
    """The priority of a child that has just been started, and its CPU time.

    Where sessions are scheduled as groups (sched(7), autogroup), a process's niceness counts only within its
    own session; the session has another. A child closes that door, so it's opened before.
    """

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._niceness = 0
        self._group = -1
        with contextlib.suppress(OSError):  # There are no such groups, or the process has ended.
            self._group = os.open(f"/proc/{process_id}/autogroup", os.O_WRONLY | os.O_CLOEXEC)

    async def lower(self, niceness: int) -> None:
        """Give the child, and its session, this niceness, or LOWEST; never a smaller one than before."""
        niceness = min(niceness, LOWEST)
        if niceness <= self._niceness:
            return
        self._niceness = niceness
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self._process_id, niceness)
        if self._group < 0:
            return
        for _ in range(_TRIES):
            try:
                os.write(self._group, b"%d" % niceness)
            except BlockingIOError:
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            except OSError:  # It has ended.
                return
            else:
                return

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that the child has taken; 0 once it's gone."""
        try:
            return time.clock_gettime((~self._process_id) << 3 | _CPU_CLOCK)
        except OSError:
            return 0.0

    def close(self) -> None:
        """Let go of the child."""
        if self._group >= 0:
            os.close(self._group)
            self._group = -1


@contextlib.contextmanager
def priority_of(process_id: int) -> Iterator[Priority]:
    """The priority of a child that has just been started, while the block lasts."""
    priority = Priority(process_id)
    try:
        yield priority
    finally:
        priority.close()
