"""What is waiting for group commit, on either database, and how large and how fast the batches are."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Generic, TypeVar

from listenlink.errors import Problem, ProblemKind
from listenlink.model.tally import Histogram

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MOST_WAITING = 10_000
MOST_PER_BATCH = 512
_REQUESTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, MOST_PER_BATCH)
_SECONDS = (0.0001, 0.0002, 0.0004, 0.001, 0.002, 0.004, 0.01, 0.02, 0.04, 0.1, 0.4, 1)


class GroupQueue(Generic[_Item, _Result]):
    """Items waiting for the next batch, each with the future of its result."""

    def __init__(self) -> None:
        self._waiting: list[tuple[_Item, asyncio.Future[_Result]]] = []
        self.batch_requests = Histogram(*_REQUESTS)
        self.commit_seconds = Histogram(*_SECONDS)

    @property
    def length(self) -> int:
        """How many items are waiting for the next batch."""
        return len(self._waiting)

    def submit(self, item: _Item) -> asyncio.Future[_Result]:
        """Return a future of the item's result, which comes once its transaction is durable.

        Raises Problem(UNAVAILABLE) if the queue is full or the database can't commit it.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Problem(ProblemKind.UNAVAILABLE)
        answer: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        self._call()
        return answer

    def close(self) -> None:
        """Start nothing new, and shut down threads and connections."""
        raise NotImplementedError

    def _call(self) -> None:
        """Make sure that a batch starts soon."""
        raise NotImplementedError

    def _take_batch(self) -> list[tuple[_Item, asyncio.Future[_Result]]]:
        batch = self._waiting[:MOST_PER_BATCH]
        del self._waiting[:MOST_PER_BATCH]
        return batch

    def _answer(
        self, batch: list[tuple[_Item, asyncio.Future[_Result]]], results: Sequence[_Result]
    ) -> None:
        self.batch_requests.add(len(batch))
        for (_, answer), result in zip(batch, results, strict=True):
            if not answer.done():
                answer.set_result(result)

    def _refuse(self, batch: list[tuple[_Item, asyncio.Future[_Result]]], error: Exception) -> None:
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)
