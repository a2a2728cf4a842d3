"""A link as it was opened."""

from __future__ import annotations

import httpx
import msgspec

from listenlink import wire
from listenlink.client.answers import as_thing, json_of


class ShareView(wire.ShareView, frozen=True):
    """An opened link. `session`, which came in a header, opens it again without counting; it's None for
    removed content. `unlock` is what a right password was worth: it opens the link in its place."""

    session: str | None = None
    unlock: str | None = None


def view_of(answer: httpx.Response, unlock: str | None) -> ShareView:
    """The view that an answer is, with what its headers have."""
    return msgspec.structs.replace(
        as_thing(json_of(answer), ShareView),
        session=answer.headers.get("listen-session"),
        unlock=answer.headers.get("share-unlock", unlock),
    )
