"""The client's methods for your own links: make them, see how they are used, close them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Literal, Unpack

from listenlink.client.addresses import kind_of, read_link
from listenlink.client.awaiting.owner import Owner
from listenlink.client.terms import checked
from listenlink.wire import Link, NewLink, NewLinks, OpenLine, ShownLink, Stats, TargetStats
from listenlink.wire.terms import LinkChanges, LinkTerms, Recipient

Whose = Literal["everybody"]


class LinkMethods(Owner):
    """Methods for your own links. An owner of the organisation may look at `whose="everybody"`."""

    async def share(
        self, target_id: str, *, idempotency_key: str | None = None, **terms: Unpack[LinkTerms]
    ) -> NewLink:
        """Make a link to a track or a collection. `terms` may be `visibility`, `expires_in_days` or
        `expires_in_hours` or `expires_at`, `max_opens`, `label`, `starts_at`, `allow_download`, `preview`,
        `strict_open`, `password` and `version`: "follows", or "pinned" to what is current now."""
        kind, sent = kind_of(target_id), checked(terms, LinkTerms)
        path = await self.path_of(kind, target_id, "share")
        return await self.make(path, NewLink, idempotency_key, json=sent)

    async def share_batch(
        self,
        target_id: str,
        recipients: Iterable[Recipient],
        *,
        idempotency_key: str | None = None,
        **terms: Unpack[LinkTerms],
    ) -> list[NewLink]:
        """Make a link for each recipient, all of them or none, in their order, at most 500. A recipient is a
        dict with any of `label`, `max_opens`, `expires_in_days` or `expires_in_hours` or `expires_at`, which
        go before the `terms` for all, those of `share`."""
        kind, sent = kind_of(target_id), checked(terms, LinkTerms)
        each = [checked(one, Recipient) for one in recipients]
        path = await self.path_of(kind, target_id, "share", "batch")
        body = sent | {"recipients": each}
        made = await self.make(path, NewLinks, idempotency_key, json=body)
        return made.items

    def links(
        self,
        target_id: str | None = None,
        state: str | None = None,
        q: str | None = None,
        *,
        whose: Whose | None = None,
    ) -> AsyncIterator[Link]:
        """Your links, newest first, optionally to one target, in one state, or with `q` in their label."""
        return self.listed(Link, "share", target_id=target_id, state=state, q=q, whose=whose)

    async def link(self, share_id: str, *, whose: Whose | None = None) -> ShownLink:
        """One link, by its id, with its address where that can be shown."""
        path, params = await self.path_of("share", share_id), _asked(whose)
        return await self.ask("GET", path, ShownLink, params=params)

    async def find_link(self, link: str) -> Link:
        """One of your own links, by its token or its whole address, which may name another host than this
        client's server does. The token is sent in the request's body, so no log of addresses has it."""
        sent = {"token": read_link(link).token}
        return await self.ask("POST", await self.path_of("share", "find"), Link, json=sent)

    async def change_link(self, share_id: str, **changes: Unpack[LinkChanges]) -> Link:
        """Change `visibility`, `expires_in_days` or `expires_in_hours` or `expires_at`, `max_opens`, `label`,
        `allow_download`, `preview`, `strict_open`, `version` or `password`; None removes an end, a limit or
        the password."""
        sent = checked(changes, LinkChanges)
        return await self.ask("PATCH", await self.path_of("share", share_id), Link, json=sent)

    async def rotate(self, share_id: str, *, idempotency_key: str | None = None) -> NewLink:
        """Give a link a new token; the old one stops working at once."""
        path = await self.path_of("share", share_id, "rotate")
        return await self.make(path, NewLink, idempotency_key)

    async def revoke(self, share_id: str) -> None:
        """Close a link, at once and for good."""
        await self.remove(await self.path_of("share", share_id))

    def opens(self, share_id: str, *, whose: Whose | None = None) -> AsyncIterator[OpenLine]:
        """The requests made for a link, newest first."""
        return self.listed(OpenLine, "share", share_id, "opens", whose=whose)

    async def stats(self, share_id: str, *, whose: Whose | None = None) -> Stats:
        """A link's statistics."""
        path, params = await self.path_of("share", share_id, "stats"), _asked(whose)
        return await self.ask("GET", path, Stats, params=params)

    async def target_stats(
        self, target_id: str, limit: int = 50, cursor: str | None = None
    ) -> TargetStats:
        """What your links to a track or a collection of yours come to, in all and each with its label;
        `cursor` is the `next_cursor` of the slice before."""
        asked = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        path = await self.path_of(kind_of(target_id), target_id, "stats")
        return await self.ask("GET", path, TargetStats, params=asked)

    async def stats_csv(self, thing_id: str) -> str:
        """The numbers of a link by day, or those of the newest 1,000 links to a track or a collection, as
        CSV."""
        kind = "share" if thing_id.startswith("mslink_") else kind_of(thing_id)
        path = await self.path_of(kind, thing_id, "stats.csv")
        answer = await self.persist("GET", path)
        return answer.text


def _asked(whose: Whose | None) -> dict[str, str]:
    return {} if whose is None else {"whose": whose}
