"""What is asked at one moment: decided in steps by `actions/opening/rule.py`, and what that spends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from listenlink.actions.opening.pseudonyms import BatchPseudonyms
from listenlink.actions.opening.rate_limits import Answers, LimitedCount
from listenlink.actions.opening.rule import (
    TOLD_REASONS,
    Opening,
    OpenRequest,
    decide,
    limited_opening,
)
from listenlink.clock import DAY_US
from listenlink.model.audit import Outcome, Reason
from listenlink.model.budget import Allowance, Budget, Charge, Shortage, Spend, refusal
from listenlink.store.opening.open_rows import AuditLine, CountedDownload, FoundLink, LimitedLine

# Needed at every open, and looking a name up in an enum is expensive.
_RESOLVE, _SPENT, _OPENED, _LIMITED = Budget.RESOLVE, Reason.SPENT, Outcome.OPENED, Outcome.LIMITED
_DOWNLOADED = Outcome.DOWNLOADED

Spending = Callable[[Sequence[Spend]], Awaitable[Answers]]


class Batch:
    """What was asked, and how each request ends; an item that is None asks for nothing. `counts` are the 429s
    to be written with it. `granted` counts the opens of links with a limit. `paid` holds by place what each
    request spent, and `unneeded` what those had spent that were refused in the end.
    """

    def __init__(
        self, items: Sequence[OpenRequest | None], counts: list[LimitedCount], ttl_seconds: int
    ) -> None:
        self.items = items
        self.counts = counts
        self.names = BatchPseudonyms(day=-1)
        self.openings: list[Opening | None] = [None] * len(items)
        self.granted: Counter[int] = Counter()
        self.paid: dict[int, Charge] = {}
        self.unneeded: list[Charge] = []
        self._ttl_seconds = ttl_seconds

    def digests(self) -> set[bytes]:
        """The digests to look up, even of malformed tokens: skipping the look-up would be quicker, and so
        give them away."""
        return {item.token_digest for item in self.items if item is not None}

    async def decide(self, links: Mapping[bytes, FoundLink], spend: Spending) -> None:
        """Decide how each ends. Call again, with fresh links, if what was granted couldn't be counted: then
        all are decided anew but those refused or limited, and nobody pays twice."""
        self.granted.clear()
        waiting = [
            (place, item)
            for place, (item, opening) in enumerate(zip(self.items, self.openings, strict=True))
            if item is not None and (opening is None or opening.reason is None)
        ]
        while waiting:
            waiting = await self._step(waiting, links, spend)

    async def _step(
        self,
        waiting: Sequence[tuple[int, OpenRequest]],
        links: Mapping[bytes, FoundLink],
        spend: Spending,
    ) -> list[tuple[int, OpenRequest]]:
        """Decide those that depend on no other in this step, and return the rest: whether a link is spent may
        depend on whether an earlier request's client had any budget left."""
        hoped = self.granted.copy()
        later: list[tuple[int, OpenRequest]] = []
        asks: list[Spend] = []
        asking: list[tuple[int, Opening]] = []
        for place, item in waiting:
            link = links.get(item.token_digest) if item.is_well_formed else None
            opening = decide(item, link, hoped, self._ttl_seconds)
            if opening.reason is _SPENT and link and hoped[link.id] > self.granted[link.id]:
                later.append((place, item))
                continue
            _count(opening, hoped)
            if place in self.paid:
                if opening.reason is None:
                    self._settle(place, opening, *self.paid[place])
                    continue
                self.unneeded.append(self.paid.pop(place))
            asks.append(_price(item, opening))
            asking.append((place, opening))
        for (place, opening), ask, left in zip(asking, asks, await spend(asks), strict=True):
            self._settle(place, opening, ask, left)
        return later

    def _settle(self, place: int, opening: Opening, ask: Spend, left: Allowance | Shortage) -> None:
        if isinstance(left, Shortage):
            self.openings[place] = limited_opening(left)
            return
        self.openings[place] = opening
        self.paid[place] = ask, left
        if opening.reason is None:
            opening.left = left
            _count(opening, self.granted)

    def collections(self) -> dict[int, list[Opening]]:
        """The openings that show a collection's tracks, by its id."""
        shown: dict[int, list[Opening]] = {}
        for opening in self.openings:
            if opening and opening.tracks is not None and opening.link and opening.link.collection:
                shown.setdefault(opening.link.collection.id, []).append(opening)
        return shown

    def audit_lines(self) -> list[AuditLine]:
        """The lines to write: one for every request but the limited ones, which are only counted."""
        numbers = self.names.numbers
        return [
            AuditLine(
                item.now_us,
                opening.outcome,
                opening.reason,
                opening.link.id if opening.link else None,
                item.trace,
                numbers[item.client.full],
                item.agent,
                item.referrer,
            )
            for item, opening in zip(self.items, self.openings, strict=True)
            if item is not None and opening and opening.outcome is not _LIMITED
        ]

    def downloads(self) -> list[CountedDownload]:
        """The downloads to count."""
        return [
            CountedDownload(opening.link.id, item.now_us // DAY_US, *taken)
            for item, opening in zip(self.items, self.openings, strict=True)
            if item is not None and item.downloads
            if opening and opening.link and opening.outcome is _DOWNLOADED
            for taken in item.downloads
        ]

    def limited_lines(self) -> list[LimitedLine]:
        """The counts of 429s to write."""
        return [
            LimitedLine(
                self.names.number(item.client),
                item.minute,
                item.reason,
                item.at_us,
                item.trace,
                item.agent,
                item.count,
            )
            for item in self.counts
        ]


def _count(opening: Opening, opens: Counter[int]) -> None:
    """Count an open of a link that has a limit."""
    link = opening.link
    if link is not None and link.max_opens is not None and opening.outcome is _OPENED:
        opens[link.id] += 1


def _price(asked: OpenRequest, opening: Opening) -> Spend:
    client, tick_us = asked.client.number, asked.tick_us
    if opening.reason is None:
        return Spend(client, _RESOLVE, tick_us, asked.visit)
    if opening.reason in TOLD_REASONS:
        return Spend(client, _RESOLVE, tick_us)
    return refusal(client, asked.token_digest, tick_us)
