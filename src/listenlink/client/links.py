"""The client's methods for links: open them, make them, see how they are used, close them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from listenlink.client.connection import json_of
from listenlink.client.owner import Owner, as_thing
from listenlink.client.types import Link, NewLink, OpenLine, SavedTrack, ShareView, Stats

_KINDS = {"mtrack": "tracks", "mcoll": "collections"}


class LinkMethods(Owner):
    """Methods for links: anybody's to open, your own to make and close."""

    def open(self, link: str, session: str | None = None) -> ShareView:
        """Open a link, given its token or its whole address. This counts as an open, unless `session`
        is from an earlier open of the link."""
        headers = {} if session is None else {"Listen-Session": session}
        answer = self.send("GET", f"/v1/music/shared/{token_of(link)}", headers=headers)
        view = as_thing(json_of(answer), ShareView)
        return msgspec.structs.replace(view, session=answer.headers.get("listen-session"))

    def record_listen(self, link: str, session: str, track_id: str) -> None:
        """Report that a track was heard for 30 seconds or more."""
        self.post(
            f"/v1/music/shared/{token_of(link)}/listen",
            json={"track_id": track_id},
            headers={"Listen-Session": session},
        )

    def save(self, link: str) -> SavedTrack:
        """Save a link's track to your library."""
        return as_thing(self.post(f"/v1/music/shared/{token_of(link)}/save"), SavedTrack)

    def share(self, target_id: str, **terms: Any) -> NewLink:
        """Make a link to a track or a collection. `terms` may be `visibility`, `expires_in_days`,
        `max_opens`, `label`, `starts_at`, `allow_download`, `preview` and `strict_open`."""
        kind = _KINDS.get(target_id.partition("_")[0])
        if kind is None:
            raise ValueError(f"{target_id} is neither a track nor a collection")
        starts_at = terms.get("starts_at")
        if isinstance(starts_at, datetime):
            terms["starts_at"] = starts_at.isoformat()
        return as_thing(self.post(self.path_of(kind, target_id, "share"), json=terms), NewLink)

    def links(self, target_id: str | None = None, state: str | None = None) -> Iterator[Link]:
        """Your links, newest first, optionally to one target or in one state."""
        return self.pages(self.path_of("share"), Link, target_id=target_id, state=state)

    def link(self, share_id: str) -> Link:
        """One link, by its id."""
        return as_thing(self.get(self.path_of("share", share_id)), Link)

    def change_link(self, share_id: str, **changes: Any) -> Link:
        """Change `visibility`, `expires_in_days`, `max_opens`, `label`, `allow_download`, `preview`
        or `strict_open`; None removes an end or a limit."""
        return as_thing(self.patch(self.path_of("share", share_id), json=changes), Link)

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


def token_of(link: str) -> str:
    """The token in a link's address, or the token itself if that's what is given."""
    return link.rstrip("/").rpartition("/")[2]
