"""The client's methods for links: open them, make them, see how they are used, close them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, Unpack
from urllib.parse import quote, urlsplit

import msgspec

from listenlink import wire
from listenlink.client.connection import SHARED, json_of, origin_of
from listenlink.client.error import ListenlinkError
from listenlink.client.owner import Owner, as_thing
from listenlink.client.terms import checked
from listenlink.wire import Link, NewLink, NewLinks, OpenLine, SavedTrack, Stats, TargetStats
from listenlink.wire.terms import LinkChanges, LinkTerms, Recipient

_KINDS = {"mtrack": "tracks", "mcoll": "collections"}


class ShareView(wire.ShareView, frozen=True):
    """An opened link. `session`, which came in a header, opens it again without counting; it's None for
    removed content. `unlock` is what a right password was worth: it opens the link in its place."""

    session: str | None = None
    unlock: str | None = None


class LinkMethods(Owner):
    """Methods for links: anybody's to open, your own to make and close."""

    def open(
        self,
        link: str,
        session: str | None = None,
        *,
        password: str | None = None,
        unlock: str | None = None,
    ) -> ShareView:
        """Open a link, given its token or its whole address. This counts as an open, unless `session`
        is from an earlier open of the link. An address is asked at its own host; a key isn't sent. A link
        with a password needs that, or the `unlock` that it was worth: else the error's code is
        SHARE_PASSWORD_REQUIRED, or SHARE_PASSWORD_WRONG."""
        headers = {} if session is None else {"Listen-Session": session}
        headers |= _unlocking(password, unlock)
        answer = self.send("GET", read_link(link).url, headers=headers)
        view = as_thing(json_of(answer), ShareView)
        return msgspec.structs.replace(
            view,
            session=answer.headers.get("listen-session"),
            unlock=answer.headers.get("share-unlock", unlock),
        )

    def record_listen(
        self, link: str, session: str, track_id: str, quarter: int | None = None
    ) -> None:
        """Report that a track was heard for 30 seconds or more, to the link's own host; or, with a `quarter`
        of 1 to 4, that so many quarters of it were heard."""
        heard = {"track_id": track_id} | ({} if quarter is None else {"quarter": quarter})
        self.post(
            f"{read_link(link).url}/listen",
            json=heard,
            headers={"Listen-Session": session},
        )

    def save(
        self, link: str, *, password: str | None = None, unlock: str | None = None
    ) -> SavedTrack:
        """Save a link's track to your library. The link is of this client's own server: another one has
        another library, and isn't sent your key. A link with a password needs that, or an unlock."""
        read = read_link(link)
        if read.origin is not None and not self.is_own(read.origin):
            raise ListenlinkError(
                0,
                "OTHER_SERVER",
                f"This link is of {read.origin}, but this client's server is {self.shown_url}. Use a client "
                "of that server, or the link's token alone if it's the same one.",
            )
        headers = _unlocking(password, unlock)
        return as_thing(self.post(f"{SHARED}{read.token}/save", headers=headers), SavedTrack)

    def share(self, target_id: str, **terms: Unpack[LinkTerms]) -> NewLink:
        """Make a link to a track or a collection. `terms` may be `visibility`, `expires_in_days` or
        `expires_in_hours` or `expires_at`, `max_opens`, `label`, `starts_at`, `allow_download`, `preview`,
        `strict_open`, `password` and `version`: "follows", or "pinned" to what is current now."""
        kind, sent = _kind_of(target_id), checked(terms, LinkTerms)
        return as_thing(self.post(self.path_of(kind, target_id, "share"), json=sent), NewLink)

    def share_batch(
        self, target_id: str, recipients: Iterable[Recipient], **terms: Unpack[LinkTerms]
    ) -> list[NewLink]:
        """Make a link for each recipient, all of them or none, in their order, at most 500. A recipient is a
        dict with any of `label`, `max_opens`, `expires_in_days` or `expires_in_hours` or `expires_at`, which
        go before the `terms` for all, those of `share`."""
        kind, sent = _kind_of(target_id), checked(terms, LinkTerms)
        each = [checked(one, Recipient) for one in recipients]
        path = self.path_of(kind, target_id, "share", "batch")
        return as_thing(self.post(path, json=sent | {"recipients": each}), NewLinks).items

    def links(
        self, target_id: str | None = None, state: str | None = None, q: str | None = None
    ) -> Iterator[Link]:
        """Your links, newest first, optionally to one target, in one state, or with `q` in their label."""
        return self.pages(self.path_of("share"), Link, target_id=target_id, state=state, q=q)

    def link(self, share_id: str) -> Link:
        """One link, by its id."""
        return as_thing(self.get(self.path_of("share", share_id)), Link)

    def find_link(self, link: str) -> Link:
        """One of your own links, by its token or its whole address, which may name another host than this
        client's server does. The token is sent in the request's body, so no log of addresses has it."""
        sent = {"token": read_link(link).token}
        return as_thing(self.post(self.path_of("share", "find"), json=sent), Link)

    def change_link(self, share_id: str, **changes: Unpack[LinkChanges]) -> Link:
        """Change `visibility`, `expires_in_days` or `expires_in_hours` or `expires_at`, `max_opens`, `label`,
        `allow_download`, `preview`, `strict_open`, `version` or `password`; None removes an end, a limit or
        the password."""
        sent = checked(changes, LinkChanges)
        return as_thing(self.patch(self.path_of("share", share_id), json=sent), Link)

    def rotate(self, share_id: str) -> NewLink:
        """Give a link a new token; the old one stops working at once."""
        return as_thing(self.post(self.path_of("share", share_id, "rotate")), NewLink)

    def revoke(self, share_id: str) -> None:
        """Close a link, at once and for good."""
        self.delete(self.path_of("share", share_id))

    def opens(self, share_id: str) -> Iterator[OpenLine]:
        """The requests made for a link, newest first."""
        return self.pages(self.path_of("share", share_id, "opens"), OpenLine)

    def stats(self, share_id: str) -> Stats:
        """A link's statistics."""
        return as_thing(self.get(self.path_of("share", share_id, "stats")), Stats)

    def target_stats(
        self, target_id: str, limit: int = 50, cursor: str | None = None
    ) -> TargetStats:
        """What your links to a track or a collection of yours come to, in all and each with its label;
        `cursor` is the `next_cursor` of the slice before."""
        asked = {"limit": limit} | ({} if cursor is None else {"cursor": cursor})
        path = self.path_of(_kind_of(target_id), target_id, "stats")
        return as_thing(self.get(path, params=asked), TargetStats)

    def stats_csv(self, thing_id: str) -> str:
        """The numbers of a link by day, or those of the newest 1,000 links to a track or a collection, as
        CSV."""
        kind = "share" if thing_id.startswith("mslink_") else _kind_of(thing_id)
        return self.send("GET", self.path_of(kind, thing_id, "stats.csv")).text


def _kind_of(target_id: str) -> str:
    kind = _KINDS.get(target_id.partition("_")[0])
    if kind is None:
        raise ValueError(f"{target_id} is neither a track nor a collection")
    return kind


def _unlocking(password: str | None, unlock: str | None) -> dict[str, str]:
    sent = {"Share-Unlock": unlock}
    if password is not None:
        sent["Share-Password"] = quote(password, safe="")
    return {name: value for name, value in sent.items() if value is not None}


class ReadLink(NamedTuple):
    """A link as it was given: the server that its address names, None if it's a token alone."""

    origin: str | None
    token: str

    @property
    def url(self) -> str:
        """Where it opens: a path on the client's own server, or a whole address."""
        return f"{self.origin or ''}{SHARED}{self.token}"


def read_link(link: str) -> ReadLink:
    """A link's address, or its token alone. Raises ValueError for an address that isn't one, without
    repeating it: it holds the token."""
    text = link.strip()
    if "/" not in text:
        return ReadLink(None, text)
    try:
        address = urlsplit(text)
        is_path = text.startswith("/") and not address.netloc
        origin = None if is_path else origin_of(text)
    except ValueError:
        raise ValueError(
            "this isn't a link's address: https://…, and the token at its end"
        ) from None
    return ReadLink(origin, address.path.rstrip("/").rpartition("/")[2])
