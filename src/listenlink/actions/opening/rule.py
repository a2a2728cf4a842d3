"""One request for a link, and whether the link opens for it. The client's budgets are a separate question."""

from __future__ import annotations

from collections import Counter

import msgspec

from listenlink.model.audit import Agent, Reason
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.store.opening.open_rows import FoundLink


class OpenRequest(msgspec.Struct, frozen=True, gc=False):
    """One request for a link. `counts` is False for a page, a HEAD or a prefetch, which only look. `is_meant`
    is False if it would take anything, so that nobody can tell whether an open is meant. `mints` is True for
    a look that gives addresses of audio to who has a session.

    `token_digest` is that of the text that was sent, and `is_well_formed` whether that text is spelled
    like a token. `session` is a Listen-Session whose signature holds, or None. `visit` is the use of
    a visit ticket that holds, if any. `is_one_too_many`: as many other clients renew the session as may.
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
    is_meant: bool = True
    visit: bytes = b""
    mints: bool = False
    is_one_too_many: bool = False


def session_of(asked: OpenRequest, link: FoundLink | None) -> ListenSession | None:
    """The request's session, if it's for this link and its current token."""
    session = asked.session
    if session is None or link is None:
        return None
    return session if session.share_id == link.id and link.honours(session) else None


def is_unmeant(asked: OpenRequest, link: FoundLink | None, session: ListenSession | None) -> bool:
    """Whether the link wants its open to be meant, and this one may not be. Who has a session meant it."""
    return link is not None and bool(link.strict_open) and not asked.is_meant and session is None


def only_looks(asked: OpenRequest, link: FoundLink, session: ListenSession | None) -> bool:
    """Whether the request looks at the link and doesn't open it."""
    return not asked.counts or is_unmeant(asked, link, session)


def takes_one(asked: OpenRequest, link: FoundLink) -> bool:
    """Whether the request, if it isn't refused, counts against the link's limit."""
    if link.max_opens is None or not asked.counts:
        return False
    session = session_of(asked, link)
    if session is not None or only_looks(asked, link, session):
        return False
    return (link.track or link.collection).removed_at is None  # type: ignore[union-attr]


def why_refused(asked: OpenRequest, link: FoundLink | None, granted: Counter[int]) -> Reason | None:
    """Why the link doesn't open for the request, or None. `granted` holds opens that aren't counted yet."""
    if not asked.is_well_formed:
        return Reason.MALFORMED
    if link is None:
        return Reason.UNKNOWN
    reason = link.refusal(asked.now_us)
    if asked.is_one_too_many and reason is None and session_of(asked, link) is not None:
        return Reason.SESSION_CLIENTS
    if reason is not None or link.max_opens is None or session_of(asked, link) is not None:
        return reason
    return Reason.SPENT if link.is_spent(granted[link.id]) else None
