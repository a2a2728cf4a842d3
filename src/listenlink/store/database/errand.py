"""Work on a database that somebody waits for only so long: who waits, and when it's over.

Somebody who was told "busy" may try again, so what they asked for must not happen after all. So the one who
waits and the one who works agree on which comes first: giving up, or the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextvars import ContextVar
from typing import TypeVar

from listenlink.errors import Problem, ProblemKind, unknown_outcome
from listenlink.threads import hear

_Result = TypeVar("_Result")
# A transaction that is being committed when the caller's time is up can't be stopped: for so much longer it's
# worth while to learn what comes of it. With the time before, it's below the 5 s that is the longest anyone
# waits.
COMMITTED_SECONDS = 2.5
# The seconds that a request's further calls may take together: a list of one, since they change it.
_left: ContextVar[list[float] | None] = ContextVar("left", default=None)


@contextlib.contextmanager
def one_request(within_seconds: float) -> Iterator[None]:
    """All calls of the database that are awaited in the block take no longer than this, together: otherwise a
    request that asks three times would wait three times as long as one that asks once."""
    token = _left.set([within_seconds])
    try:
        yield
    finally:
        _left.reset(token)


@contextlib.contextmanager
def one_call(within_seconds: float) -> Iterator[float]:
    """Give how long this call may take: no more than what is left to its request. Raises
    Problem(UNAVAILABLE) if that's nothing."""
    left = _left.get()
    if left is None:
        yield within_seconds
        return
    if left[0] <= 0:
        raise Problem(ProblemKind.UNAVAILABLE)
    began_at = time.monotonic()
    try:
        yield min(within_seconds, left[0])
    finally:
        left[0] -= time.monotonic() - began_at


class Errand:
    """One piece of work for one caller. Both sides may be in any thread."""

    def __init__(self) -> None:
        self._deciding = threading.Lock()
        self._is_given_up = self._is_committing = False

    def give_up(self) -> bool:
        """Nobody waits any more: stop it. False if it's being committed, which can't be stopped."""
        with self._deciding:
            if not self._is_committing:
                self._is_given_up = True
                self._stop()
            return self._is_given_up

    def begin_commit(self) -> None:
        """From now on it can't be given up. Raises Problem(UNAVAILABLE) if it was."""
        with self._deciding:
            self._require_wanted()
            self._is_committing = True

    def _require_wanted(self) -> None:
        if self._is_given_up:
            raise Problem(ProblemKind.UNAVAILABLE)

    def _stop(self) -> None:
        """Interrupt what is being done. Called once, if at all, and by whoever gives up."""


async def await_errand(future: Future[_Result], errand: Errand, within_seconds: float) -> _Result:
    """Return what the errand, done in the future, comes to. Whoever is cancelled gives it up.

    Raises Problem(UNAVAILABLE) if it takes longer; then it's stopped. If it can't be any more, this waits a
    little longer, and may end in `unknown_outcome`.
    """
    told = asyncio.wrap_future(future)
    told.add_done_callback(hear)
    try:
        done, _ = await asyncio.wait((told,), timeout=within_seconds)
        if not done and errand.give_up():
            raise Problem(ProblemKind.UNAVAILABLE)
        if not done:
            done, _ = await asyncio.wait((told,), timeout=COMMITTED_SECONDS)
    except asyncio.CancelledError:
        errand.give_up()
        raise
    if not done:
        raise unknown_outcome()
    return told.result()


def wait_for_errand(
    future: Future[_Result], errand: Errand, within_seconds: float | None
) -> _Result:
    """`await_errand`, while the calling thread waits: for as long as it takes, if None."""
    try:
        return future.result(within_seconds)
    except TimeoutError:
        if future.done():
            raise  # It's the work's own.
        if errand.give_up():
            raise Problem(ProblemKind.UNAVAILABLE) from None
    try:
        return future.result(COMMITTED_SECONDS)
    except TimeoutError:
        raise unknown_outcome() from None
