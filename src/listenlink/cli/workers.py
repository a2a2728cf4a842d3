"""The processes that answer: what runs in each when it begins, and what it tells the one that started it."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import time
from typing import Any

from listenlink.cli.failures import line_of

_PR_SET_PDEATHSIG = 1
_MOST_BYTES = 4096
_TOLD_WITHIN_SECONDS = 2.0
_STARTED = b"!\n"


class _Forked:
    """Tells the parent that its workers have been forked, and why one can't start.

    A worker inherits every lock that a thread of the parent holds at the moment of the fork, and would
    wait for it forever; so until then, the only other thread must do nothing but wait for this.
    """

    _writing_end = -1

    def __init__(self) -> None:
        self._reading_end, _Forked._writing_end = os.pipe()
        self._unread = b""

    def wait_for(self, workers: int) -> None:
        """Return once this many workers have been forked."""
        while self._unread.count(b"\n") < workers:
            self._unread += os.read(self._reading_end, _MOST_BYTES)

    def find_refusal(self, within_seconds: float | None) -> str | None:
        """Why a worker can't start, if one says so in time; None waits for as long as it takes."""
        deadline = time.monotonic() + (within_seconds or 0)
        while True:
            while b"\n" in self._unread:
                line, _, self._unread = self._unread.partition(b"\n")
                if line + b"\n" != _STARTED:
                    return line.decode(errors="replace")
            left = None if within_seconds is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._reading_end], [], [], left)[0]:
                return None
            self._unread += os.read(self._reading_end, _MOST_BYTES)

    @classmethod
    def tell(cls, line: bytes = _STARTED) -> None:
        """Report one worker as forked, or that it can't start: atomic, because it's short (pipe(7))."""
        os.write(cls._writing_end, line[: select.PIPE_BUF])


def worker_app() -> Any:
    """The application, in a worker that won't outlive the server: an orphan would hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The server's own handler, inherited, would only note it in a copy that nobody reads.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _Forked.tell()
    from listenlink.app import create_app

    try:
        return create_app()
    except Exception as error:
        _Forked.tell(line_of(error).replace("\n", " ").encode()[: select.PIPE_BUF - 1] + b"\n")
        # The parent ends this: what exits by itself is replaced by another that can't start either.
        time.sleep(_TOLD_WITHIN_SECONDS)
        os._exit(1)
