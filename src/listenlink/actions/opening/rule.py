"""The rule of the open: what is asked, why it's refused, and how it ends. What that spends, and how many ask
at once, is `actions/opening/batch.py`.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from listenlink.actions.opening.found_versions import is_gone
from listenlink.clock import SECOND_US
from listenlink.model.audit import Agent, Outcome, Reason
from listenlink.model.budget import Allowance, Budget, Shortage
from listenlink.model.client_address import ClientAddress
from listenlink.model.listen_session import ListenSession
from listenlink.model.share import Life
from listenlink.model.unlock import Unlock
from listenlink.store.opening.open_rows import FoundLink, FoundTrack


class OpenRequest(msgspec.Struct, frozen=True, gc=False):
    """One request for a link. `counts` is False for a page, a HEAD or a prefetch, which only look. `is_meant`
    is False if it would take anything, so that nobody can tell whether an open is meant. `mints` is True for
    a look that gives addresses of audio to who has a session. `downloads` are the numbers of the tracks whose
    files are asked for, each with that of its version, if the link offers that to who has a session.

    `token_digest` is that of the text that was sent, and `is_well_formed` whether that text is spelled
    like a token. `session` is a Listen-Session whose signature holds, or None. `visit` is the use of
    a visit ticket that holds, if any. `is_one_too_many`: as many other clients renew the session as may.
    `unlock` is a Share-Unlock whose signature holds, or None. `password` is what was sent as the link's,
    empty if nothing was or it's decided: `is_wrong` if it was another.
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
    downloads: tuple[tuple[int, int], ...] = ()
    unlock: Unlock | None = None
    password: str = ""
    is_wrong: bool = False


class Opening(msgspec.Struct, gc=False):
    """How a request ended, once that is durable. `left`, the client's allowance after it, is None if it
    was refused or limited; `link` is None if there was none, or if it was limited. `session` is that of the
    open, or the one that came with a request that only looks; None if there is none. `tracks` are the
    target's available ones, in order. `shortage` says which budget was spent, if that is why. `unlock` is
    what the right password was worth, if one was sent."""

    outcome: Outcome
    reason: Reason | None = None
    link: FoundLink | None = None
    left: Allowance | None = None
    tracks: list[FoundTrack] | None = None
    session: ListenSession | None = None
    shortage: Shortage | None = None
    unlock: Unlock | None = None


def decide(
    asked: OpenRequest, link: FoundLink | None, granted: Counter[int], ttl_seconds: int
) -> Opening:
    """How the request ends, as far as the client's budgets allow. `granted` holds the opens of links that
    aren't counted yet; `ttl_seconds` is how long a session lasts."""
    session = session_of(asked, link)
    reason = why_refused(asked, link, session, granted)
    if reason is not None or link is None:
        return Opening(Outcome.REFUSED, reason, link)
    if (link.track or link.collection).removed_at is not None:  # type: ignore[union-attr]
        return Opening(Outcome.REMOVED, None, link)
    if link.is_pinned and link.track is not None and is_gone(link, link.track):
        return Opening(Outcome.REMOVED, None, link)
    if not asked.counts or is_unmeant(asked, link, session):
        is_download = asked.downloads and session is not None
        outcome = Outcome.DOWNLOADED if is_download else Outcome.VIEWED
        return Opening(outcome, None, link, None, None, session)
    tracks = [link.track] if link.track else []
    if session is not None:
        return Opening(Outcome.RENEWED, None, link, None, tracks, session)
    session = _new_session(asked, link, ttl_seconds)
    return Opening(Outcome.OPENED, None, link, None, tracks, session)


def why_refused(
    asked: OpenRequest,
    link: FoundLink | None,
    session: ListenSession | None,
    granted: Counter[int],
) -> Reason | None:
    """Why the link doesn't open for the request, or None."""
    if not asked.is_well_formed:
        return Reason.MALFORMED
    if link is None:
        return Reason.UNKNOWN
    reason = link.refusal(asked.now_us)
    if asked.is_one_too_many and reason is None and session is not None:
        return Reason.SESSION_CLIENTS
    if reason is not None or session is not None:
        return reason
    if link.max_opens is not None and link.is_spent(granted[link.id]):
        return Reason.SPENT
    return why_locked(asked, link.id, link) if link.has_password else None


def why_locked(asked: OpenRequest, share_id: int, link: Life) -> Reason | None:
    """Why a link with a password stays closed for a request that has no session of it, or None."""
    unlock = asked.unlock
    if unlock is not None and unlock.share_id == share_id and link.honours(unlock):
        return None
    return Reason.WRONG if asked.is_wrong else Reason.LOCKED


def session_of(asked: OpenRequest, link: FoundLink | None) -> ListenSession | None:
    """The request's session, if it's for this link and its current token."""
    if asked.session is None or link is None:
        return None
    return asked.session if session_holds(asked, link.id, link) else None


def session_holds(asked: OpenRequest, share_id: int, link: Life) -> bool:
    """Whether the request has a session of the link of this number and life."""
    session = asked.session
    return session is not None and session.share_id == share_id and link.honours(session)


def is_unmeant(asked: OpenRequest, link: FoundLink | None, session: ListenSession | None) -> bool:
    """Whether the link wants its open to be meant, and this one may not be. Who has a session meant it."""
    return link is not None and bool(link.strict_open) and not asked.is_meant and session is None


def _new_session(asked: OpenRequest, link: FoundLink, ttl_seconds: int) -> ListenSession:
    ends_at = asked.now_us // SECOND_US + ttl_seconds
    if link.expires_at is not None:
        ends_at = min(ends_at, link.expires_at // SECOND_US)
    return ListenSession(link.id, link.rotation, asked.trace, ends_at)


def limited_opening(shortage: Shortage) -> Opening:
    """How a request ends for which no budget was left."""
    return Opening(Outcome.LIMITED, LIMIT_REASONS[shortage.budget], shortage=shortage)


# The refusals that say so: who has a token may know that there is such a link.
TOLD_REASONS = (Reason.LOCKED, Reason.WRONG)

# The reasons, for the budgets that requests for a link spend.
LIMIT_REASONS = {
    Budget.RESOLVE: Reason.RESOLVE_LIMIT,
    Budget.REFUSAL: Reason.MISS_LIMIT,
    Budget.REPEAT: Reason.REPEAT_LIMIT,
}
