"""One wait for the database is enough: whoever stands in line behind it doesn't wait for it once more."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from listenlink.errors import Problem, ProblemKind


class WaitingLine:
    """Turns that come one after the other, in which the database is asked. While it hangs, each would take
    its whole patience, and the tenth in line ten times as long."""

    def __init__(self) -> None:
        self._failures = 0

    @contextlib.asynccontextmanager
    async def take(self, turn: AbstractAsyncContextManager[object]) -> AsyncIterator[None]:
        """Wait for the turn, and have it. Raises Problem(UNAVAILABLE) if somebody's whose turn ended
        meanwhile did."""
        failures = self._failures
        async with turn:
            if failures != self._failures:
                raise Problem(ProblemKind.UNAVAILABLE)
            try:
                yield
            except Problem as problem:
                self._failures += problem.kind is ProblemKind.UNAVAILABLE
                raise
