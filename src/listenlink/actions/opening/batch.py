"""Run a batch of requests: look the links up, decide, and write the results, on either database.

On the embedded one all of it is one transaction that runs without waiting for anything; on PostgreSQL
each step waits for a round trip, and several batches are in flight at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from listenlink.actions.opening.decisions import Decisions, Opening
from listenlink.actions.opening.pseudonyms import BatchPseudonyms, Pseudonyms
from listenlink.actions.opening.rate_limits import LimitedCount, LimitedCounts, RateLimits
from listenlink.actions.opening.rule import OpenRequest
from listenlink.errors import Problem, ProblemKind
from listenlink.store.database.postgres import Raw
from listenlink.store.opening import postgres_opens, sqlite_opens
from listenlink.store.opening.open_rows import FoundLink, LimitedLine

if TYPE_CHECKING:
    from listenlink.store.opening.connections import Connections

# Every retry means that another node took some of a link's last opens, so the retries end.
_MOST_DECISIONS = 20


class OpenKeeper:
    """What one process brings to every batch: its limits, its pseudonyms for clients, its log of 429s.
    `with_objects` means that URLs are made from the digest of a track's stored object."""

    def __init__(
        self,
        limits: RateLimits,
        names: Pseudonyms,
        session_ttl_seconds: int,
        connections: Connections | None = None,
        *,
        with_objects: bool = False,
    ) -> None:
        self.limits = limits
        self.limited = LimitedCounts()
        self._names = names
        self._session_ttl_seconds = session_ttl_seconds
        self._connections = connections
        self._with_objects = with_objects
        self._batch: Decisions | None = None
        self._counts: list[LimitedCount] = []
        self._batch_names: BatchPseudonyms | None = None

    def run_now(
        self, connection: sqlite3.Connection, items: Sequence[OpenRequest | None]
    ) -> list[Opening | None]:
        """Run the batch on the embedded database, in the transaction already begun. `done` or `undo` must
        follow."""
        self._batch = None
        batch = Decisions(items, self._session_ttl_seconds)
        digests = batch.digests()
        links = sqlite_opens.find_links(connection, digests, self._with_objects) if digests else {}
        self._batch = batch
        self._counts = self.limited.take()
        _answer_now(batch, links, self.limits)
        batch.tell_tracks(
            {
                number: sqlite_opens.find_members(connection, number, self._with_objects)
                for number in batch.collections()
            }
        )
        names = self._batch_names = self._look_up(items, self._counts)
        if names.unnamed:
            unnamed = list(names.unnamed.values())
            names.give(sqlite_opens.find_or_add_clients(connection, names.day, unnamed))
        if not sqlite_opens.count_opens(connection, batch.granted):
            raise RuntimeError("more opens were granted than a link has left")
        sqlite_opens.write_audit(connection, batch.audit_lines(names.number))
        sqlite_opens.write_limited(connection, _limited_lines(self._counts, names))
        return batch.openings

    def _look_up(
        self, items: Sequence[OpenRequest | None], counts: list[LimitedCount]
    ) -> BatchPseudonyms:
        """Look up every client that the batch's lines name."""
        asking = [item for item in items if item is not None]
        clients = [item.client for item in asking] + [count.client for count in counts]
        if not clients:
            return BatchPseudonyms(day=-1)
        return self._names.look_up(clients, asking[0].now_us if asking else counts[0].at_us)

    def done(self) -> None:
        """Note that the batch just run is durable."""
        if self._batch_names is not None:
            self._names.remember(self._batch_names)
        self.limited.mark_written(self._counts)
        self._counts = []

    def undo(self) -> None:
        """Undo what the batch just run changed in memory: it couldn't be committed."""
        self._batch_names = None
        self.limited.put_back(self._counts)
        self._counts = []
        if self._batch is not None:
            self.limits.give_back(self._batch.charges())
        self._batch = None

    async def run(self, items: Sequence[OpenRequest | None]) -> list[Opening | None]:
        """Run the batch on PostgreSQL; what is returned is durable. Raises Problem(UNAVAILABLE)."""
        assert self._connections is not None  # noqa: S101 (app.py gives them)
        batch, counts = Decisions(items, self._session_ttl_seconds), self.limited.take()
        try:
            async with self._connections.use() as connection:
                await self._keep(connection, batch, counts)
        except BaseException:
            self.limited.put_back(counts)
            self.limits.give_back(batch.charges())
            raise
        self.limited.mark_written(counts)
        if batch.unneeded:
            self.limits.give_back(batch.unneeded)
        return batch.openings

    async def _keep(self, connection: Raw, batch: Decisions, counts: list[LimitedCount]) -> None:
        names = self._look_up(batch.items, counts)
        for _ in range(_MOST_DECISIONS):
            found = await postgres_opens.find_links(
                connection,
                batch.digests(),
                self._with_objects,
                names.day,
                list(names.unnamed.values()),
            )
            names.give(found.clients)
            await _answer(batch, found.links, self.limits)
            collections = batch.collections()
            if collections:
                members = await postgres_opens.find_members(
                    connection, collections, self._with_objects
                )
                batch.tell_tracks(members)
            lines, limited = batch.audit_lines(names.number), _limited_lines(counts, names)
            if await postgres_opens.keep(connection, found.turn, batch.granted, lines, limited):
                # Not before: until this commits, the numbers they were given aren't durable.
                self._names.remember(names)
                return
        raise Problem(ProblemKind.UNAVAILABLE)


def _limited_lines(counts: list[LimitedCount], names: BatchPseudonyms) -> list[LimitedLine]:
    return [
        LimitedLine(
            names.number(item.client),
            item.minute,
            item.reason,
            item.at_us,
            item.trace,
            item.agent,
            item.count,
        )
        for item in counts
    ]


def _answer_now(batch: Decisions, links: Mapping[bytes, FoundLink], limits: RateLimits) -> None:
    steps = batch.steps(links)
    try:
        asks = next(steps)
        while True:
            asks = steps.send(limits.spend_now(asks))
    except StopIteration:
        return


async def _answer(batch: Decisions, links: Mapping[bytes, FoundLink], limits: RateLimits) -> None:
    steps = batch.steps(links)
    try:
        asks = next(steps)
        while True:
            asks = steps.send(await limits.spend(asks))
    except StopIteration:
        return
