"""A share link, its life, and the one rule that says whether it works."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

import msgspec

from listenlink.model import ids
from listenlink.model.audit import Reason
from listenlink.model.moment import is_over
from listenlink.wire.bodies import LinkVersion
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


def find_target(text: str) -> tuple[TargetType, int] | None:
    """What the id of a track or a collection stands for; None for any other text."""
    for kind, prefix in ((TargetType.TRACK, ids.TRACK), (TargetType.COLLECTION, ids.COLLECTION)):
        number = ids.parse_id(prefix, text)
        if number is not None:
            return kind, number
    return None


class Held(Protocol):
    """What somebody holds of a link: a session, a playback URL, a picture's name."""

    @property
    def rotation(self) -> int:
        """The link's rotation when it was made."""


class Life(msgspec.Struct, frozen=True, gc=False):
    """What decides whether a link works, and what is held of it. Every row that is read for such a decision
    is one, with these columns first, in this order (`store/lives.py`). Times in epoch µs.

    `rotation` increases when the link gets a new token; sessions and playback URLs from an older
    rotation are dead. `suspended_at` is since when its organisation is suspended.
    """

    rotation: int
    revoked_at: int | None
    starts_at: int | None
    expires_at: int | None
    suspended_at: int | None

    def refusal(self, now_us: int) -> Reason | None:
        """Why the link doesn't work now, or None. Whether it's spent matters only to an open. Its own reasons
        come before its organisation's suspension, which passes.

        This rule lives here alone: opening, playing and saving all call it.
        """
        if self.revoked_at is not None:
            return Reason.REVOKED
        if is_over(self.expires_at, now_us):
            return Reason.EXPIRED
        if self.starts_at is not None and now_us < self.starts_at:
            return Reason.NOT_STARTED
        return None if self.suspended_at is None else Reason.SUSPENDED

    def honours(self, held: Held) -> bool:
        """Whether what is held of this link was made under its present token."""
        return held.rotation == self.rotation

    def admits(self, held: Held, now_us: int) -> bool:
        """Whether what is held of this link works now, as far as that's up to the link."""
        return self.honours(held) and self.refusal(now_us) is None


class CountedLife(Life, frozen=True):
    """A life with the opens it may have, None for unlimited, and those it had: exact where there is a
    limit."""

    max_opens: int | None
    opens: int

    def is_spent(self, granted: int = 0) -> bool:
        """Whether no opens are left, once so many more are counted."""
        return self.max_opens is not None and self.opens + granted >= self.max_opens


class Share(CountedLife, frozen=True):
    """A share link as stored, without its token. Times in epoch µs.

    `preview` is whether title and cover are shown before the link is opened, `strict_open` whether it opens
    for nobody who doesn't ask for JSON by name or press play, `is_pinned` whether it stays with the
    versions of its tracks that were current when it was made.
    """

    id: int
    organization_id: int
    creator_id: int
    target_type: TargetType
    target_id: int
    visibility: Visibility
    label: str | None
    allow_download: bool
    preview: bool
    strict_open: bool
    has_password: bool
    created_at: int
    is_pinned: bool = False

    @property
    def version(self) -> LinkVersion:
        """Which version it leads to, as it's said."""
        return LinkVersion.PINNED if self.is_pinned else LinkVersion.FOLLOWS

    def state(self, now_us: int) -> LinkState:
        """The link's own state, whether or not its organisation is suspended."""
        own = LinkState.SPENT if self.is_spent() else LinkState.ACTIVE
        return _STATES.get(self.refusal(now_us), own)


_STATES: dict[Reason | None, LinkState] = {
    Reason.REVOKED: LinkState.REVOKED,
    Reason.EXPIRED: LinkState.EXPIRED,
    Reason.NOT_STARTED: LinkState.SCHEDULED,
}
