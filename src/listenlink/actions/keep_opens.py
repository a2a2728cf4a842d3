"""Keeping what a batch of requests comes to: found, decided and written, on either database.

On the embedded one all of it is one transaction that runs without waiting for anything; on PostgreSQL
each step waits for a round trip, and several batches are on their way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from listenlink.actions.decide_opens import Decisions, Opening, OpenRequest
from listenlink.actions.limit_clients import ClientLimits, LimitedCount, LimitedLog
from listenlink.actions.name_clients import ClientNames
from listenlink.errors import Problem, ProblemKind
from listenlink.model.client_address import ClientAddress
from listenlink.store import opens, postgres_opens
from listenlink.store.connections import Connections
from listenlink.store.open_rows import FoundLink, LimitedLine
from listenlink.store.postgres import Raw

# Each time but the first another node took some of a link's last opens, so it ends.
_MOST_DECISIONS = 20


class OpenKeeper:
    """One process's part in every batch: its limits, its names for clients, its log of 429s.
    `with_objects` says that URLs are made of what a track is stored as."""

    def __init__(
        self,
        limits: ClientLimits,
        names: ClientNames,
        session_ttl_seconds: int,
        connections: Connections | None = None,
        *,
        with_objects: bool = False,
    ) -> None:
        self.limits = limits
        self.limited = LimitedLog()
        self._names = names
        self._session_ttl_seconds = session_ttl_seconds
        self._connections = connections
        self._with_objects = with_objects
        self._batch: Decisions | None = None
        self._counts: list[LimitedCount] = []

    def run_now(
        self, connection: sqlite3.Connection, items: Sequence[OpenRequest | None]
    ) -> list[Opening | None]:
        """The batch on the embedded database, in the transaction that is begun. `done` or `undo` must
        follow."""
        self._batch = None
        batch = Decisions(items, self._session_ttl_seconds)
        digests = batch.digests()
        links = opens.find_links(connection, digests, self._with_objects) if digests else {}
        self._batch = batch
        self._counts = self.limited.take()
        _answer_now(batch, links, self.limits)
        batch.tell_tracks(
            {
                number: opens.find_members(connection, number, self._with_objects)
                for number in batch.collections()
            }
        )
        self._name_now(connection, _clients(items, self._counts))
        if not opens.count_opens(connection, batch.granted):
            raise RuntimeError("more opens were granted than a link has left")
        opens.write_audit(connection, batch.audit_lines(self._names.number))
        opens.write_limited(connection, self._limited_lines(self._counts))
        return batch.openings

    def _name_now(
        self, connection: sqlite3.Connection, clients: list[tuple[ClientAddress, int]]
    ) -> None:
        if not clients:
            return
        unnamed = self._names.find_unnamed([client for client, _ in clients], clients[0][1])
        if unnamed is not None:
            numbers = opens.find_or_add_clients(connection, unnamed.day, unnamed.named)
            self._names.remember(unnamed, numbers)

    def done(self) -> None:
        """The batch that ran now is durable."""
        self._names.commit()
        self.limited.mark_written(self._counts)
        self._counts = []

    def undo(self) -> None:
        """The batch that ran now couldn't be kept."""
        self._names.forget_uncommitted()
        self.limited.put_back(self._counts)
        self._counts = []
        if self._batch is not None:
            self.limits.give_back(self._batch.spent.values())
        self._batch = None

    async def run(self, items: Sequence[OpenRequest | None]) -> list[Opening | None]:
        """The batch on PostgreSQL; what is returned is durable. Raises Problem(UNAVAILABLE)."""
        assert self._connections is not None  # noqa: S101 (app.py gives them)
        batch, counts = Decisions(items, self._session_ttl_seconds), self.limited.take()
        try:
            async with self._connections.use() as connection:
                await self._keep(connection, batch, counts)
        except BaseException:
            self.limited.put_back(counts)
            self.limits.give_back([*batch.spent.values(), *batch.unneeded])
            raise
        self.limited.mark_written(counts)
        if batch.unneeded:
            self.limits.give_back(batch.unneeded)
        return batch.openings

    async def _keep(self, connection: Raw, batch: Decisions, counts: list[LimitedCount]) -> None:
        for _ in range(_MOST_DECISIONS):
            found = await postgres_opens.find_links(connection, batch.digests(), self._with_objects)
            await _answer(batch, found.links, self.limits)
            collections = batch.collections()
            if collections:
                members = await postgres_opens.find_members(
                    connection, collections, self._with_objects
                )
                batch.tell_tracks(members)
            await self._name(connection, _clients(batch.items, counts))
            # Nothing is waited for between naming and this: the numbers are of one day.
            lines, limited = batch.audit_lines(self._names.number), self._limited_lines(counts)
            if await postgres_opens.keep(connection, found.turn, batch.granted, lines, limited):
                return
        raise Problem(ProblemKind.UNAVAILABLE)

    async def _name(self, connection: Raw, clients: list[tuple[ClientAddress, int]]) -> None:
        # Asked again, because another batch may have begun the next day meanwhile.
        while clients:
            unnamed = self._names.find_unnamed([client for client, _ in clients], clients[0][1])
            if unnamed is None:
                return
            numbers = await postgres_opens.find_or_add_clients(
                connection, unnamed.day, unnamed.named
            )
            self._names.remember(unnamed, numbers)
            self._names.commit()

    def _limited_lines(self, counts: list[LimitedCount]) -> list[LimitedLine]:
        return [
            LimitedLine(
                self._names.number(item.client),
                item.minute,
                item.reason,
                item.at_us,
                item.trace,
                item.agent,
                item.count,
            )
            for item in counts
        ]


def _clients(
    items: Sequence[OpenRequest | None], counts: list[LimitedCount]
) -> list[tuple[ClientAddress, int]]:
    """Everybody who is named in the batch's lines, and when they asked."""
    asking = [(item.client, item.now_us) for item in items if item is not None]
    return asking + [(count.client, count.at_us) for count in counts]


def _answer_now(batch: Decisions, links: Mapping[bytes, FoundLink], limits: ClientLimits) -> None:
    steps = batch.steps(links)
    try:
        asks = next(steps)
        while True:
            asks = steps.send(limits.spend_now(asks))
    except StopIteration:
        return


async def _answer(batch: Decisions, links: Mapping[bytes, FoundLink], limits: ClientLimits) -> None:
    steps = batch.steps(links)
    try:
        asks = next(steps)
        while True:
            asks = steps.send(await limits.spend(asks))
    except StopIteration:
        return
