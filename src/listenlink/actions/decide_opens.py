"""What becomes of the requests of one batch, decided in pure steps between finding and writing.

`Decisions.steps` is a generator: it yields what it would spend of clients' budgets and is sent the
allowances, so it's the same whether these come from this process's memory or from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence

import msgspec

from listenlink.clock import SECOND_US
from listenlink.model import share
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.client_address import ClientAddress
from listenlink.model.limit import Allowance, Spend
from listenlink.model.listen_session import ListenSession
from listenlink.store.open_rows import AuditLine, FoundLink, FoundTrack


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


class Opening(msgspec.Struct, gc=False):
    """How a request ended, once that is durable. `link` and `left`, the client's allowance after it,
    are None where it was refused or limited. `session` is that of the open, or the one that was sent
    along to look; None if there is none. `tracks` are the available ones of the target, in order."""

    outcome: Outcome
    reason: Reason | None = None
    link: FoundLink | None = None
    left: Allowance | None = None
    tracks: list[FoundTrack] | None = None
    session: ListenSession | None = None


_Steps = Generator[Sequence[Spend], Sequence[Allowance | None], None]


class Decisions:
    """One batch: what was asked, how each request ends, and the opens granted of links with a limit.

    An item that is None asks for nothing. `spent` are the hits accepted so far, by place, `unneeded`
    those of requests that were refused in the end.
    """

    def __init__(self, items: Sequence[OpenRequest | None], session_ttl_seconds: int) -> None:
        self.items = items
        self.openings: list[Opening | None] = [None] * len(items)
        self.granted: Counter[int] = Counter()
        self.spent: dict[int, tuple[Spend, Allowance]] = {}
        self.unneeded: list[tuple[Spend, Allowance]] = []
        self._session_ttl_seconds = session_ttl_seconds

    def digests(self) -> set[bytes]:
        """What to look up. Malformed ones too: looking nothing up would be quicker, and so would tell."""
        return {item.token_digest for item in self.items if item is not None}

    def steps(self, links: Mapping[bytes, FoundLink]) -> _Steps:
        """Decide whatever isn't; again, with fresh links, after what was granted couldn't be counted.

        A request waits for the next step where it depends on one of this step: whether a link is
        spent may hang on whether an earlier request's client had something left.
        """
        self.granted.clear()
        waiting = [
            (place, item)
            for place, item in enumerate(self.items)
            if item is not None and (self.openings[place] is None or place in self.spent)
        ]
        while waiting:
            hoped = self.granted.copy()
            asks: list[Spend] = []
            asked: list[tuple[int, OpenRequest, FoundLink | None, Reason | None]] = []
            later: list[tuple[int, OpenRequest]] = []
            for place, item in waiting:
                link = links.get(item.token_digest) if item.is_well_formed else None
                reason = _why_refused(item, link, hoped)
                if reason is None and link is not None and _takes_one(item, link):
                    hoped[link.id] += 1
                if reason is Reason.SPENT and link and hoped[link.id] > self.granted[link.id]:
                    later.append((place, item))
                    continue
                token_digest = None if reason is None else item.token_digest
                asks.append(Spend(item.client.number, token_digest, item.tick_us))
                asked.append((place, item, link, reason))
            left = yield from self._spend(asks, asked)
            for (place, item, link, reason), allowance in zip(asked, left, strict=True):
                self.openings[place] = self._decide(item, link, reason, allowance)
            waiting = later

    def _spend(
        self,
        asks: list[Spend],
        asked: Sequence[tuple[int, OpenRequest, FoundLink | None, Reason | None]],
    ) -> Generator[Sequence[Spend], Sequence[Allowance | None], Sequence[Allowance | None]]:
        """The allowances of these; what was paid for when it was decided before isn't again."""
        if not self.spent:
            allowances = yield asks
            for ask, (place, *_), given in zip(asks, asked, allowances, strict=True):
                if given is not None and ask.token_digest is None:
                    self.spent[place] = (ask, given)
            return allowances
        paid, self.spent = self.spent, {}
        fresh = [
            ask
            for ask, (place, *_) in zip(asks, asked, strict=True)
            if place not in paid or ask.token_digest is not None
        ]
        answers = iter((yield fresh))
        left: list[Allowance | None] = []
        for ask, (place, *_) in zip(asks, asked, strict=True):
            is_hit = ask.token_digest is None
            before = paid.pop(place, None)
            if is_hit and before is not None:
                allowance: Allowance | None = before[1]
            else:
                allowance = next(answers)
                if before is not None:
                    self.unneeded.append(before)
            left.append(allowance)
            if is_hit and allowance is not None:
                self.spent[place] = (ask, allowance)
        self.spent |= paid
        return left

    def _decide(
        self,
        asked: OpenRequest,
        link: FoundLink | None,
        reason: Reason | None,
        left: Allowance | None,
    ) -> Opening:
        if reason is not None or link is None:
            if left is None:
                return Opening(Outcome.LIMITED, Reason.MISS_LIMIT)
            return Opening(Outcome.REFUSED, reason, link)
        if left is None:
            return Opening(Outcome.LIMITED, Reason.RESOLVE_LIMIT)
        if (link.track or link.collection).removed_at is not None:  # type: ignore[union-attr]
            return Opening(Outcome.REMOVED, None, link, left)
        session = _session_of(asked, link)
        if not asked.counts:
            return Opening(Outcome.VIEWED, None, link, left, None, session)
        tracks = [link.track] if link.track else []
        if session is not None:
            return Opening(Outcome.RENEWED, None, link, left, tracks, session)
        if link.max_opens is not None:
            self.granted[link.id] += 1
        return Opening(Outcome.OPENED, None, link, left, tracks, self._new_session(link, asked))

    def _new_session(self, link: FoundLink, asked: OpenRequest) -> ListenSession:
        ends_at = asked.now_us // SECOND_US + self._session_ttl_seconds
        if link.expires_at is not None:
            ends_at = min(ends_at, link.expires_at // SECOND_US)
        return ListenSession(link.id, link.rotation, asked.trace, ends_at)

    def collections(self) -> set[int]:
        """The collections whose tracks are told."""
        return {
            opening.link.collection.id
            for opening in self.openings
            if opening and opening.tracks is not None and opening.link and opening.link.collection
        }

    def tell_tracks(self, members: Mapping[int, list[FoundTrack]]) -> None:
        """Put the collections' tracks into the openings."""
        for opening in self.openings:
            if opening and opening.tracks is not None and opening.link and opening.link.collection:
                opening.tracks = members[opening.link.collection.id]

    def audit_lines(self, number_of: Callable[[ClientAddress], int]) -> list[AuditLine]:
        """The lines to write: of every request but the limited ones, which are only counted."""
        return [
            _audit_line(item, opening, number_of(item.client))
            for item, opening in zip(self.items, self.openings, strict=True)
            if item is not None and opening and opening.outcome is not Outcome.LIMITED
        ]


def _session_of(asked: OpenRequest, link: FoundLink | None) -> ListenSession | None:
    """The request's session, if it's of this link and of its present token."""
    session = asked.session
    if session is None or link is None:
        return None
    return session if (session.share_id, session.rotation) == (link.id, link.rotation) else None


def _takes_one(asked: OpenRequest, link: FoundLink) -> bool:
    """Whether the request, if it isn't refused, is counted against the link's limit."""
    if link.max_opens is None or not asked.counts or _session_of(asked, link) is not None:
        return False
    return (link.track or link.collection).removed_at is None  # type: ignore[union-attr]


def _why_refused(
    asked: OpenRequest, link: FoundLink | None, granted: Counter[int]
) -> Reason | None:
    if not asked.is_well_formed:
        return Reason.MALFORMED
    if link is None:
        return Reason.UNKNOWN
    reason = share.refusal(link.revoked_at, link.starts_at, link.expires_at, asked.now_us)
    if reason is not None or link.max_opens is None or _session_of(asked, link) is not None:
        return reason
    return Reason.SPENT if share.is_spent(link.opens + granted[link.id], link.max_opens) else None


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
