"""What a process does that has a program loaded and forks it whenever it's asked to.

It's asked by one message on a socket, with descriptors, the last of which is a pipe: into it go the number of
the process, once it leads a session of its own, and the status that it ended with, eight bytes each.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

MOST_BYTES = 1 << 20
_MOST_DESCRIPTORS = 16


class Forking:
    """All that was forked and hasn't ended. `kills`: what nobody waits for any more is ended."""

    def __init__(self, asking: socket.socket, *, kills: bool) -> None:
        self._asking, self._kills = asking, kills
        self._poll = select.poll()
        self._running: dict[int, tuple[int, int]] = {}
        self._waiting: dict[int, int] = {}
        self._once: dict[int, Callable[[], None]] = {}
        self._poll.register(asking, select.POLLIN)

    def call_when_asked(self, other: socket.socket, call: Callable[[], None]) -> None:
        """Call this when first something arrives there."""
        self._once[other.fileno()] = call
        self._poll.register(other, select.POLLIN)

    def fork_as_asked(self) -> tuple[bytes, list[int]]:
        """Fork whenever that is asked for. Returns in each process that is to run something, with what was
        asked and its descriptors; in this one it only ends it, with whoever asks."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor == self._asking.fileno():
                    asked, given, _, _ = socket.recv_fds(
                        self._asking, MOST_BYTES, _MOST_DESCRIPTORS
                    )
                    if not asked:
                        os._exit(0)
                    if self._fork(given):
                        return asked, given[:-1]
                elif descriptor in self._once:
                    self._poll.unregister(descriptor)
                    self._once.pop(descriptor)()
                elif descriptor in self._running:
                    self._tell_end(descriptor)
                elif descriptor in self._waiting:
                    # Whoever waited is gone.
                    self._poll.unregister(descriptor)
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(self._waiting.pop(descriptor), signal.SIGKILL)

    def _fork(self, given: list[int]) -> bool:
        """Whether this is the child."""
        child = os.fork()
        if child == 0:
            os.setsid()
            os.write(given[-1], b"%8d" % os.getpid())
            self._close_all(given[-1])
            return True
        for descriptor in given[:-1]:
            os.close(descriptor)
        ended = os.pidfd_open(child)
        self._running[ended] = child, given[-1]
        self._poll.register(ended, select.POLLIN)
        if self._kills:
            self._waiting[given[-1]] = child
            self._poll.register(given[-1], 0)
        return False

    def _close_all(self, told: int) -> None:
        """Close what the process that forks has of its own."""
        self._asking.close()
        os.close(told)
        for other in self._once:
            os.close(other)
        for ended, (_, told_of_another) in self._running.items():
            os.close(ended)
            os.close(told_of_another)

    def _tell_end(self, ended: int) -> None:
        child, told = self._running.pop(ended)
        _, status = os.waitpid(child, 0)
        self._poll.unregister(ended)
        if self._waiting.pop(told, None) is not None:
            self._poll.unregister(told)
        with contextlib.suppress(BrokenPipeError):
            os.write(told, b"%8d" % os.waitstatus_to_exitcode(status))
        os.close(ended)
        os.close(told)


def run_and_end(main: Callable[[], None]) -> None:
    """Run a program to its end, as an interpreter does but for the last of it: to take apart all that is
    loaded takes as long as most commands, for each page of it is copied."""
    try:
        main()
        code: Any = 0
    except SystemExit as ending:
        code = ending.code
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    vars(threading)["_shutdown"]()
    vars(atexit)["_run_exitfuncs"]()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit((code or 0) & 0xFF)
