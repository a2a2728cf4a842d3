"""The processes that answer: what runs in each when it begins, and what it tells the one that started it."""

from __future__ import annotations

import ctypes
import fcntl
import importlib
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from listenlink.cli.failures import line_of
from listenlink.settings import load_settings

_PR_SET_PDEATHSIG = 1
_MOST_BYTES = 4096
_TOLD_WITHIN_SECONDS = 2.0
_STARTED, _MADE = b"!\n", b"+\n"


class _Forked:
    """Tells the parent that its workers have been forked and made, and why one can't start. `made` counts
    those that are about to answer.

    A worker inherits every lock that a thread of the parent holds at the moment of the fork, and would
    wait for it forever; so until then, the only other thread must do nothing but wait for this.
    """

    _writing_end = -1
    _checked = -1

    def __init__(self) -> None:
        self._reading_end, _Forked._writing_end = os.pipe()
        self._unread = b""
        self.made = 0
        with tempfile.TemporaryFile() as file:
            _Forked._checked = os.dup(file.fileno())

    def wait_for(self, workers: int) -> None:
        """Return once this many workers have been forked."""
        while self._unread.count(b"\n") < workers:
            self._unread += os.read(self._reading_end, _MOST_BYTES)

    def find_refusal(self, within_seconds: float | None) -> str | None:
        """Why a worker can't start, if one says so in time, or before one is made; None waits for as long as
        it takes."""
        deadline = time.monotonic() + (within_seconds or 0)
        while True:
            while b"\n" in self._unread:
                line, _, self._unread = self._unread.partition(b"\n")
                if line + b"\n" == _MADE:
                    self.made += 1
                    if within_seconds is not None:
                        return None
                elif line + b"\n" != _STARTED:
                    return line.decode(errors="replace")
            left = None if within_seconds is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._reading_end], [], [], left)[0]:
                return None
            self._unread += os.read(self._reading_end, _MOST_BYTES)

    @classmethod
    def tell(cls, line: bytes = _STARTED) -> None:
        """Report one worker as forked, or that it can't start: atomic, because it's short (pipe(7))."""
        os.write(cls._writing_end, line[: select.PIPE_BUF])

    @classmethod
    def check_once(cls, check: Callable[[], None]) -> None:
        """Call `check` in the first worker that comes here, while the others wait. If it fails, or is killed
        meanwhile, the next one calls it: a lock of this kind ends with its process (fcntl(2))."""
        fcntl.lockf(cls._checked, fcntl.LOCK_EX)
        if not os.pread(cls._checked, 1, 0):
            check()
            os.pwrite(cls._checked, _STARTED[:1], 0)
        fcntl.lockf(cls._checked, fcntl.LOCK_UN)


def load_logging() -> None:
    """Load structlog without what it would write to a terminal with: a server writes JSON (`logs.py`).

    It loads rich if that is there, which takes 3 MiB.
    """
    is_loaded = "rich" in sys.modules
    if not is_loaded:
        sys.modules["rich"] = None  # type: ignore[assignment] # So it isn't found.
    try:
        importlib.import_module("structlog")
    finally:
        if not is_loaded:
            del sys.modules["rich"]


def worker_app() -> Any:
    """The application, in a worker that won't outlive the server: an orphan would hold the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The server's own handler, inherited, would only note it in a copy that nobody reads.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _Forked.tell()
    load_logging()
    # Imported here, in the worker alone; and what is served, once it may be.
    from listenlink.cli.starting import check_startable

    try:
        _Forked.check_once(lambda: check_startable(load_settings()))
        from listenlink.app import create_app

        app = create_app()
    except Exception as error:
        _Forked.tell(line_of(error).replace("\n", " ").encode()[: select.PIPE_BUF - 1] + b"\n")
        # The parent ends this: what exits by itself is replaced by another that can't start either.
        time.sleep(_TOLD_WITHIN_SECONDS)
        os._exit(1)
    _Forked.tell(_MADE)
    return app
