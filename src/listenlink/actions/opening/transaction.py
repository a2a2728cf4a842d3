"""The transaction of the open, told once for both databases: `OpenKeeper._keep`.

On the embedded one it runs without waiting for anything; on PostgreSQL each step waits for a round trip, and
several batches are in flight at once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, TypeVar

from listenlink.actions.opening.batch import Batch, Spending
from listenlink.actions.opening.pseudonyms import BatchPseudonyms, Pseudonyms
from listenlink.actions.opening.rate_limits import Answers, LimitedCounts, RateLimits
from listenlink.actions.opening.rule import Opening, OpenRequest
from listenlink.errors import Problem, ProblemKind
from listenlink.model.budget import Spend
from listenlink.store.opening import postgres_opens, sqlite_opens
from listenlink.store.opening.open_rows import OpenSql

if TYPE_CHECKING:
    from listenlink.store.opening.connections import Connections
    from listenlink.store.opening.sqlite_adding import Adding

# Every retry means that another node took some of a link's last opens, so the retries end.
_MOST_DECISIONS = 20

_Connection = TypeVar("_Connection")
_Result = TypeVar("_Result")


class OpenKeeper:
    """What one process brings to every batch: its limits, its pseudonyms for clients, its log of 429s; on the
    embedded database what adds up (`adding`). `with_objects` means that URLs are made from the digest of a
    track's stored object."""

    def __init__(
        self,
        limits: RateLimits,
        names: Pseudonyms,
        session_ttl_seconds: int,
        connections: Connections | None = None,
        *,
        adding: Adding | None = None,
        with_objects: bool = False,
    ) -> None:
        self.limits = limits
        self.limited = LimitedCounts()
        self._names = names
        self._session_ttl_seconds = session_ttl_seconds
        self._connections = connections
        self._adding = adding
        self._with_objects = with_objects
        self._running: Batch | None = None

    async def _keep(
        self, batch: Batch, sql: OpenSql[_Connection], connection: _Connection, spend: Spending
    ) -> None:
        """Find the links and name the clients, decide, spend, find what is shown, count and write the audit;
        all of that again if another node took opens meanwhile."""
        names = batch.names = self._look_up(batch)
        for _ in range(_MOST_DECISIONS):
            unnamed = list(names.unnamed.values())
            found = await sql.find_links(
                connection, batch.digests(), self._with_objects, names.day, unnamed
            )
            names.give(found.clients)
            await batch.decide(found.links, spend)
            if shown := batch.collections():
                members = await sql.find_members(connection, shown, self._with_objects)
                for collection_id, openings in shown.items():
                    for opening in openings:
                        opening.tracks = members[collection_id]
            lines, limited = batch.audit_lines(), batch.limited_lines()
            downloads = batch.downloads()
            if await sql.keep(connection, found.turn, batch.granted, lines, limited, downloads):
                return
        raise Problem(ProblemKind.UNAVAILABLE)

    def _look_up(self, batch: Batch) -> BatchPseudonyms:
        """Look up every client that the batch's lines name."""
        asking = [item for item in batch.items if item is not None]
        clients = [item.client for item in asking] + [count.client for count in batch.counts]
        if not clients:
            return batch.names
        return self._names.look_up(clients, asking[0].now_us if asking else batch.counts[0].at_us)

    def _note_kept(self, batch: Batch) -> None:
        """Note that it's durable; until now the numbers that its clients were given weren't."""
        self._names.remember(batch.names)
        self.limited.mark_written(batch.counts)
        if batch.unneeded:
            self.limits.give_back(batch.unneeded)

    def _note_lost(self, batch: Batch) -> None:
        """Undo what it changed in memory, because it couldn't be committed."""
        self.limited.put_back(batch.counts)
        self.limits.give_back([*batch.paid.values(), *batch.unneeded])

    async def run(self, items: Sequence[OpenRequest | None]) -> list[Opening | None]:
        """Run the batch on PostgreSQL; what is returned is durable. Raises Problem(UNAVAILABLE)."""
        assert self._connections is not None  # noqa: S101 (app.py gives them)
        batch = Batch(items, self.limited.take(), self._session_ttl_seconds)
        try:
            async with self._connections.use() as connection:
                await self._keep(batch, postgres_opens, connection, self.limits.spend)
        except BaseException:
            self._note_lost(batch)
            raise
        self._note_kept(batch)
        return batch.openings

    def run_now(
        self, connection: sqlite3.Connection, items: Sequence[OpenRequest | None]
    ) -> list[Opening | None]:
        """Run the batch on the embedded database, in the transaction already begun. `done` or `undo` must
        follow."""
        batch = self._running = Batch(items, self.limited.take(), self._session_ttl_seconds)
        _at_once(self._keep(batch, sqlite_opens, connection, self._spend_now))
        if self._adding is not None:
            self._adding.add_up_some(connection, len(items))
        return batch.openings

    async def _spend_now(self, asks: Sequence[Spend]) -> Answers:
        return self.limits.spend_now(asks)

    def close(self) -> None:
        """Let go of what was prepared for the next batches."""
        if self._adding is not None:
            self._adding.close()

    def done(self) -> None:
        """Note that the batch just run is durable."""
        batch, self._running = self._running, None
        if batch is not None:
            self._note_kept(batch)

    def undo(self) -> None:
        """Undo what the batch just run changed in memory: it couldn't be committed."""
        batch, self._running = self._running, None
        if batch is not None:
            self._note_lost(batch)


def _at_once(work: Coroutine[object, None, _Result]) -> _Result:
    """Run what never has to wait to its end."""
    try:
        work.send(None)
    except StopIteration as end:
        result: _Result = end.value
        return result
    work.close()
    raise RuntimeError("a batch waited for something while it held the database's lock")
