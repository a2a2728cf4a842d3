"""A share link, and the one rule that says whether it opens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from listenlink.model.audit import Reason
from listenlink.wire.bodies import Visibility as Visibility


class LinkState(StrEnum):
    """The state of a link, as its owner sees it."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"
    REVOKED = "revoked"
    EXPIRED = "expired"
    SPENT = "spent"


class TargetType(StrEnum):
    """What a link points to."""

    TRACK = "track"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Share:
    """A share link as stored, without its token. Times in epoch µs.

    `rotation` increases when the link gets a new token; sessions and playback URLs from an older
    rotation are dead. `preview` is whether title and cover are shown before the link is opened, `strict_open`
    whether it opens for nobody who doesn't ask for JSON by name or press play. `suspended_at` is since when
    its organisation is suspended.
    """

    id: int
    organization_id: int
    creator_id: int
    target_type: TargetType
    target_id: int
    visibility: Visibility
    label: str | None
    max_opens: int | None
    opens: int
    starts_at: int | None
    expires_at: int | None
    revoked_at: int | None
    rotation: int
    allow_download: bool
    preview: bool
    strict_open: bool
    created_at: int
    suspended_at: int | None = None

    def state(self, now_us: int) -> LinkState:
        """The link's own state, whether or not its organisation is suspended. `opens` must be up to date
        where there is a `max_opens`, and is."""
        reason = refusal(self.revoked_at, self.starts_at, self.expires_at, None, now_us)
        if reason is not None:
            return _STATES[reason]
        return LinkState.SPENT if is_spent(self.opens, self.max_opens) else LinkState.ACTIVE


_STATES = {
    Reason.REVOKED: LinkState.REVOKED,
    Reason.EXPIRED: LinkState.EXPIRED,
    Reason.NOT_STARTED: LinkState.SCHEDULED,
}


def refusal(
    revoked_at: int | None,
    starts_at: int | None,
    expires_at: int | None,
    suspended_at: int | None,
    now_us: int,
) -> Reason | None:
    """Why a link doesn't work now, or None. Whether it's spent matters only to an open. Its own reasons come
    before its organisation's suspension, which passes.

    This rule lives here alone: opening, playing and saving all call it.
    """
    if revoked_at is not None:
        return Reason.REVOKED
    if expires_at is not None and now_us >= expires_at:
        return Reason.EXPIRED
    if starts_at is not None and now_us < starts_at:
        return Reason.NOT_STARTED
    return None if suspended_at is None else Reason.SUSPENDED


def is_spent(opens: int, max_opens: int | None) -> bool:
    """Whether no opens are left. A `max_opens` of None is unlimited."""
    return max_opens is not None and opens >= max_opens
