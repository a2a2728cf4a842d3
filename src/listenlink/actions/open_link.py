"""Open a shared link: limit, one transaction, answer. This is what the program exists for.

`LinkOpener.open` is one request. `_run_batch` is what happens to all requests of one moment inside
their transaction: find the link, decide, spend the client's budget, count the open, write the audit.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from listenlink.actions.limit_clients import ClientLimits, LimitedCount, LimitedLog
from listenlink.actions.name_clients import ClientNames
from listenlink.clock import SECOND_US
from listenlink.model import share
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import Allowance
from listenlink.model.listen_session import ListenSession
from listenlink.store import opens
from listenlink.store.group_commit import GroupCommit
from listenlink.store.opens import AuditLine, FoundLink, FoundTrack, LimitedLine


class OpenRequest(msgspec.Struct, frozen=True, gc=False):
    """One request for a link. `counts` is False for a page, a HEAD or a prefetch, which only look.

    `token_digest` is of the text that was sent, `is_well_formed` whether that is spelled like a
    token. `session` is a Listen-Session whose signature holds, or None.
    """

    token_digest: bytes
    is_well_formed: bool
    session: ListenSession | None
    counts: bool
    client: ClientAddress
    agent: Agent
    referrer: str | None
    trace: int
    now_us: int
    tick_us: int


class Opening(msgspec.Struct, frozen=True, gc=False):
    """How a request ended, once that is durable. `link` and `left`, the client's allowance after it,
    are None where it was refused or limited. `session` is that of the open, or the one that was sent
    along to look; None if there is none. `tracks` are the available ones of the target, in order."""

    outcome: Outcome
    reason: Reason | None = None
    link: FoundLink | None = None
    left: Allowance | None = None
    tracks: list[FoundTrack] | None = None
    session: ListenSession | None = None


class _Batch:
    """One transaction: its links, opens granted so far of those with a limit, lines to write."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        items: Sequence[OpenRequest | None],
        with_objects: bool,
    ) -> None:
        self.connection = connection
        self._with_objects = with_objects
        # Malformed ones too: looking nothing up would be quicker, and so would tell.
        digests = {item.token_digest for item in items if item is not None}
        self.links = opens.find_links(connection, digests, with_objects) if digests else {}
        self.granted: Counter[int] = Counter()
        self.spent: list[tuple[int, int]] = []
        self.lines: list[AuditLine] = []
        self._members: dict[int, list[FoundTrack]] = {}

    def find_tracks(self, link: FoundLink) -> list[FoundTrack]:
        if link.collection is None:
            return [link.track] if link.track else []
        number = link.collection.id
        if number not in self._members:
            self._members[number] = opens.find_members(self.connection, number, self._with_objects)
        return self._members[number]


class LinkOpener:
    """Opens links for one process: its limits, its names for clients, its queue to the database.
    `with_objects` says that URLs are made of what a track is stored as."""

    def __init__(
        self,
        path: Path,
        limits: ClientLimits,
        names: ClientNames,
        session_ttl_seconds: int,
        with_objects: bool = False,
    ) -> None:
        self._with_objects = with_objects
        self._limits = limits
        self._names = names
        self._session_ttl_seconds = session_ttl_seconds
        self.outcomes: Counter[tuple[Outcome, Reason | None]] = Counter()
        self._limited = LimitedLog()
        self._batch: _Batch | None = None
        self._counts: list[LimitedCount] = []
        self._group: GroupCommit[OpenRequest | None, Opening | None] = GroupCommit(
            path, self._run_batch, self._undo, self._done
        )

    @property
    def queue(self) -> GroupCommit[OpenRequest | None, Opening | None]:
        """Where requests wait for their transaction."""
        return self._group

    async def open(self, asked: OpenRequest) -> Opening:
        """Open one link. What is returned is counted and in the audit.

        Raises Problem(UNAVAILABLE) if that can't be made durable; then nothing was counted.
        """
        opening = await self._open(asked)
        self.outcomes[opening.outcome, opening.reason] += 1
        return opening

    async def _open(self, asked: OpenRequest) -> Opening:
        if self._limits.hits.is_spent(asked.client.number, asked.tick_us):
            opening = Opening(Outcome.LIMITED, Reason.RESOLVE_LIMIT)
        else:
            opening = await self._group.submit(asked) or Opening(Outcome.REFUSED)
            if opening.outcome is not Outcome.LIMITED:
                return opening
        reason = opening.reason or Reason.RESOLVE_LIMIT
        if self._limited.add(asked.client, reason, asked.now_us, asked.trace, asked.agent):
            await self.write_limited()
        return opening

    async def write_limited(self) -> None:
        """Write the counts of refused requests that wait, if any do."""
        if self._limited.has_pending:
            await self._group.submit(None)

    def close(self) -> None:
        """End the queue's thread and connection."""
        self._group.close()

    def _run_batch(
        self, connection: sqlite3.Connection, items: Sequence[OpenRequest | None]
    ) -> list[Opening | None]:
        self._batch = None
        batch = self._batch = _Batch(connection, items, self._with_objects)
        self._counts = self._limited.take()
        asking = [(item.client, item.now_us) for item in items if item is not None]
        asking += [(count.client, count.at_us) for count in self._counts]
        if asking:
            self._names.learn(connection, [client for client, _ in asking], asking[0][1])
        openings = [None if asked is None else self._open_one(batch, asked) for asked in items]
        if not opens.count_opens(connection, batch.granted):
            raise RuntimeError("more opens were granted than a link has left")
        opens.write_audit(connection, batch.lines)
        opens.write_limited(connection, [self._limited_line(count) for count in self._counts])
        return openings

    def _open_one(self, batch: _Batch, asked: OpenRequest) -> Opening:
        opening = self._decide(batch, asked)
        if opening.outcome is not Outcome.LIMITED:
            client_id = self._names.number(asked.client)
            batch.lines.append(_audit_line(asked, opening, client_id))
        return opening

    def _decide(self, batch: _Batch, asked: OpenRequest) -> Opening:
        link = batch.links.get(asked.token_digest) if asked.is_well_formed else None
        session = _session_of(asked, link)
        reason = _why_refused(asked, link, session, batch.granted)
        client, tick_us = asked.client.number, asked.tick_us
        if reason is not None or link is None:
            if not self._limits.misses.spend(client, asked.token_digest, tick_us):
                return Opening(Outcome.LIMITED, Reason.MISS_LIMIT)
            return Opening(Outcome.REFUSED, reason, link)
        left = self._limits.hits.spend(client, tick_us)
        if left is None:
            return Opening(Outcome.LIMITED, Reason.RESOLVE_LIMIT)
        batch.spent.append((client, tick_us))
        if (link.track or link.collection).removed_at is not None:  # type: ignore[union-attr]
            return Opening(Outcome.REMOVED, None, link, left)
        if not asked.counts:
            return Opening(Outcome.VIEWED, None, link, left, None, session)
        tracks = batch.find_tracks(link)
        if session is not None:
            return Opening(Outcome.RENEWED, None, link, left, tracks, session)
        if link.max_opens is not None:
            batch.granted[link.id] += 1
        return Opening(Outcome.OPENED, None, link, left, tracks, self._new_session(link, asked))

    def _new_session(self, link: FoundLink, asked: OpenRequest) -> ListenSession:
        ends_at = asked.now_us // SECOND_US + self._session_ttl_seconds
        if link.expires_at is not None:
            ends_at = min(ends_at, link.expires_at // SECOND_US)
        return ListenSession(link.id, link.rotation, asked.trace, ends_at)

    def _limited_line(self, item: LimitedCount) -> LimitedLine:
        number = self._names.number(item.client)
        return LimitedLine(
            number, item.minute, item.reason, item.at_us, item.trace, item.agent, item.count
        )

    def _done(self) -> None:
        self._names.commit()
        self._limited.mark_written(self._counts)
        self._counts = []

    def _undo(self) -> None:
        self._names.forget_uncommitted()
        self._limited.put_back(self._counts)
        self._counts = []
        if self._batch is not None:
            for client, tick_us in self._batch.spent:
                self._limits.hits.give_back(client, tick_us)
        self._batch = None


def _session_of(asked: OpenRequest, link: FoundLink | None) -> ListenSession | None:
    """The request's session, if it's of this link and of its present token."""
    session = asked.session
    if session is None or link is None:
        return None
    return session if (session.share_id, session.rotation) == (link.id, link.rotation) else None


def _why_refused(
    asked: OpenRequest,
    link: FoundLink | None,
    session: ListenSession | None,
    granted: Counter[int],
) -> Reason | None:
    if not asked.is_well_formed:
        return Reason.MALFORMED
    if link is None:
        return Reason.UNKNOWN
    reason = share.refusal(link.revoked_at, link.starts_at, link.expires_at, asked.now_us)
    if reason is not None:
        return reason
    if session is None and share.is_spent(link.opens + granted[link.id], link.max_opens):
        return Reason.SPENT
    return None


def _audit_line(asked: OpenRequest, opening: Opening, client_id: int) -> AuditLine:
    return AuditLine(
        asked.now_us,
        opening.outcome,
        opening.reason,
        opening.link.id if opening.link else None,
        asked.trace,
        client_id,
        asked.agent,
        asked.referrer,
    )
