"""Who publishes or removes objects takes turns: in this process, and with others on the same folder.

In a turn the database is written. If that fails, those who have waited meanwhile aren't made to wait for
the same again, one after the other: they fail too. As long as it works, everybody waits for their turn.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from listenlink.errors import Problem, ProblemKind
from listenlink.media.disk.faults import UPLOADS, storing
from listenlink.threads import Threads

_Result = TypeVar("_Result")
_STEP_SECONDS = 0.05
# For another process; it works through its own queue by the same rule.
_OTHERS_SECONDS = 3.0


class PublishingTurns:
    """The turns of one folder, by the lock of this file. `failures` counts how often the database or the
    storage couldn't be used by whoever had one, or was about to."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._own = threading.Lock()
        self.failures = 0

    @contextlib.contextmanager
    def take(self) -> Iterator[None]:
        """Nobody else has a turn while the block lasts. Raises Problem(UNAVAILABLE) if the turn before fails
        for that reason, or if another process has one for too long, and StorageFault."""
        before = self.failures
        while not self._own.acquire(timeout=_STEP_SECONDS):
            self.require_none_since(before)
        try:
            self.require_none_since(before)
            with self._alone():
                yield
        except Problem as problem:
            if problem.kind is ProblemKind.UNAVAILABLE:
                self.failures += 1
            raise
        finally:
            self._own.release()

    async def carry_out(
        self, threads: Threads, work: Callable[..., _Result], *arguments: object
    ) -> _Result:
        """Call `work`, which publishes or removes, in one of the threads, and await its result. Raises
        Problem(UNAVAILABLE) if, while this waited for a thread, others found that the database or the storage
        can't be used."""
        before = self.failures

        def unless_failed() -> _Result:
            self.require_none_since(before)
            try:
                return work(*arguments)
            except Problem as problem:
                if problem.kind is ProblemKind.STORAGE_UNAVAILABLE:
                    self.failures += 1
                raise

        return await threads.run(unless_failed)

    def require_none_since(self, before: int) -> None:
        """Raise Problem(UNAVAILABLE) if a turn has failed since there were so many failures."""
        if self.failures != before:
            raise Problem(ProblemKind.UNAVAILABLE)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with storing(UPLOADS):
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + _OTHERS_SECONDS
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise Problem(ProblemKind.UNAVAILABLE) from None
                time.sleep(_STEP_SECONDS / 10)
            yield
        finally:
            os.close(descriptor)
