"""How the requests of one batch end, decided in pure steps between looking up and writing.

`Decisions.steps` is a generator: it yields what it would spend from clients' budgets and is sent the
allowances, so it's the same whether these come from this process's memory or from elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence

import msgspec

from listenlink.actions.opening.rule import (
    OpenRequest,
    only_looks,
    session_of,
    takes_one,
    why_refused,
)
from listenlink.clock import SECOND_US
from listenlink.model.audit import Outcome, Reason
from listenlink.model.budget import Allowance, Budget, Charge, Shortage, Spend, refusal
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.store.opening.open_rows import AuditLine, FoundLink, FoundTrack


class Opening(msgspec.Struct, gc=False):
    """How a request ended, once that is durable. `left`, the client's allowance after it, is None if it
    was refused or limited; `link` is None if there was none, or if it was limited. `session` is that of the
    open, or the one that came with a request that only looks; None if there is none. `tracks` are the
    target's available ones, in order. `shortage` says which budget was spent, if that is why."""

    outcome: Outcome
    reason: Reason | None = None
    link: FoundLink | None = None
    left: Allowance | None = None
    tracks: list[FoundTrack] | None = None
    session: ListenSession | None = None
    shortage: Shortage | None = None


def limited_opening(shortage: Shortage) -> Opening:
    """Return the opening of a request for which no budget was left."""
    return Opening(Outcome.LIMITED, LIMIT_REASONS[shortage.budget], shortage=shortage)


# The reasons, for the budgets that requests for a link spend.
LIMIT_REASONS = {
    Budget.RESOLVE: Reason.RESOLVE_LIMIT,
    Budget.REFUSAL: Reason.MISS_LIMIT,
    Budget.REPEAT: Reason.REPEAT_LIMIT,
}
# Needed at every open, and looking a name up in an enum is expensive.
_RESOLVE = Budget.RESOLVE
_Answers = Sequence[Allowance | Shortage]
_Asked = Sequence[tuple[int, OpenRequest, FoundLink | None, Reason | None]]
_Steps = Generator[Sequence[Spend], _Answers, None]


class Decisions:
    """One batch: what was asked, how each request ends, and the opens granted of links with a limit.

    An item that is None asks for nothing. `spent` holds the hits accepted so far, by place, `told` the
    refusals; `unneeded` holds the hits of requests that were refused in the end.
    """

    def __init__(self, items: Sequence[OpenRequest | None], session_ttl_seconds: int) -> None:
        self.items = items
        self.openings: list[Opening | None] = [None] * len(items)
        self.granted: Counter[int] = Counter()
        self.spent: dict[int, Charge] = {}
        self.told: list[Charge] = []
        self.unneeded: list[Charge] = []
        self._session_ttl_seconds = session_ttl_seconds

    def digests(self) -> set[bytes]:
        """The digests to look up, even of malformed tokens: skipping the look-up would be quicker, and so
        give them away."""
        return {item.token_digest for item in self.items if item is not None}

    def steps(self, links: Mapping[bytes, FoundLink]) -> _Steps:
        """Decide what is undecided; call again, with fresh links, if what was granted couldn't be counted.

        A request waits for the next step if it depends on one in this step: whether a link is
        spent may depend on whether an earlier request's client had any budget left.
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
                reason = why_refused(item, link, hoped)
                if reason is None and link is not None and takes_one(item, link):
                    hoped[link.id] += 1
                if reason is Reason.SPENT and link and hoped[link.id] > self.granted[link.id]:
                    later.append((place, item))
                    continue
                client, tick_us = item.client.number, item.tick_us
                asks.append(
                    Spend(client, _RESOLVE, tick_us, item.visit)
                    if reason is None
                    else refusal(client, item.token_digest, tick_us)
                )
                asked.append((place, item, link, reason))
            answers = yield from self._spend(asks, asked)
            for (place, item, link, reason), left in zip(asked, answers, strict=True):
                self.openings[place] = self._decide(item, link, reason, left)
            waiting = later

    def _spend(
        self, asks: list[Spend], asked: _Asked
    ) -> Generator[Sequence[Spend], _Answers, _Answers]:
        """Return the answers to these; what was paid for in an earlier decision isn't paid for again."""
        answers = (yield from self._spend_unpaid(asks, asked)) if self.spent else (yield asks)
        for ask, (place, _, _, reason), left in zip(asks, asked, answers, strict=True):
            if isinstance(left, Shortage):
                continue
            if reason is None:
                self.spent[place] = (ask, left)
            else:
                self.told.append((ask, left))
        return answers

    def _spend_unpaid(
        self, asks: list[Spend], asked: _Asked
    ) -> Generator[Sequence[Spend], _Answers, _Answers]:
        paid: list[Charge | None] = []
        for place, _, _, reason in asked:
            if reason is not None and place in self.spent:
                self.unneeded.append(self.spent.pop(place))
            paid.append(self.spent.get(place))
        unpaid = [ask for ask, before in zip(asks, paid, strict=True) if before is None]
        fresh = iter((yield unpaid))
        return [next(fresh) if before is None else before[1] for before in paid]

    def charges(self) -> list[Charge]:
        """All that was spent, to be given back if none of it can be committed."""
        return [*self.spent.values(), *self.told, *self.unneeded]

    def _decide(
        self,
        asked: OpenRequest,
        link: FoundLink | None,
        reason: Reason | None,
        left: Allowance | Shortage,
    ) -> Opening:
        if isinstance(left, Shortage):
            return limited_opening(left)
        if reason is not None or link is None:
            return Opening(Outcome.REFUSED, reason, link)
        if (link.track or link.collection).removed_at is not None:  # type: ignore[union-attr]
            return Opening(Outcome.REMOVED, None, link, left)
        session = session_of(asked, link)
        if only_looks(asked, link, session):
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
        """The collections whose tracks will be shown."""
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
        """The lines to write: one for every request but the limited ones, which are only counted."""
        return [
            _audit_line(item, opening, number_of(item.client))
            for item, opening in zip(self.items, self.openings, strict=True)
            if item is not None and opening and opening.outcome is not Outcome.LIMITED
        ]


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
