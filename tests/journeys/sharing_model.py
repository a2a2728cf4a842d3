"""What sharing should do, as plainly as it can be said: numbers, lists, and the rules of docs/api.md.

Nothing here is of the program. Times are in epoch µs, and things are told by their ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
SESSION_SECONDS = 21_600
PLAYBACK_SECONDS = 300


@dataclass
class Session:
    """The leave that one open gave; the program's own object is `told`."""

    link: Link
    rotation: int
    ends_at_seconds: int
    told: object


@dataclass
class Playback:
    """A playback URL, and of which track."""

    session: Session
    track: int
    expires_at_seconds: int
    signed: str


@dataclass
class Link:
    """A link; `target` is a track or a collection."""

    id: int
    kind: str
    target: int
    tokens: list[str]
    starts_at: int | None
    expires_at: int | None
    max_opens: int | None
    is_strict: bool
    opens: int = 0
    revoked: bool = False

    @property
    def rotation(self) -> int:
        return len(self.tokens) - 1

    def refusal(self, now_us: int) -> str | None:
        """Why it leads nowhere, whoever asks."""
        if self.revoked:
            return "REVOKED"
        if self.expires_at is not None and self.expires_at <= now_us:
            return "EXPIRED"
        return "NOT_STARTED" if self.starts_at is not None and now_us < self.starts_at else None

    @property
    def is_spent(self) -> bool:
        return self.max_opens is not None and self.opens >= self.max_opens

    def state(self, now_us: int) -> str:
        told = {"REVOKED": "revoked", "EXPIRED": "expired", "NOT_STARTED": "scheduled"}
        reason = self.refusal(now_us)
        if reason is not None:
            return told[reason]
        return "spent" if self.is_spent else "active"


@dataclass
class Model:
    """Everything that one creator has, and what one friend saved of it."""

    now_us: int
    tracks: list[int] = field(default_factory=list)
    collections: dict[int, list[int]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    library: list[int] = field(default_factory=list)
    saved: dict[int, int] = field(default_factory=dict)  # track → link

    def is_removed(self, link: Link) -> bool:
        there = self.tracks if link.kind == "track" else self.collections
        return link.target not in there

    def tracks_of(self, link: Link) -> list[int]:
        """What the link leads to now."""
        if self.is_removed(link):
            return []
        return [link.target] if link.kind == "track" else self.collections[link.target]

    def ends_unstarted(self, starts_at: int | None, days: int | None) -> bool:
        """Whether a link that is to start then, and to end so many days from now, never opens."""
        if starts_at is None or days is None:
            return False
        return starts_at >= self.now_us + min(days, 90) * DAY_US

    def is_valid(self, session: Session) -> bool:
        is_young = self.now_us // SECOND_US < session.ends_at_seconds
        return is_young and session.rotation == session.link.rotation

    def open(
        self,
        link: Link,
        session: Session | None = None,
        counts: bool = True,
        is_meant: bool = True,
    ) -> str:
        """What comes of asking for the link with its present token; an open is counted. It `is_meant` if JSON
        is asked for by name, or play was pressed."""
        is_going_on = session is not None and session.link is link and self.is_valid(session)
        if reason := link.refusal(self.now_us):
            return reason
        if link.is_spent and not is_going_on:
            return "SPENT"
        if self.is_removed(link):
            return "REMOVED"
        if not counts:
            return "VIEWED"
        if is_going_on:
            return "RENEWED"
        if link.is_strict and not is_meant:
            return "VIEWED"
        link.opens += 1
        return "OPENED"

    def session_end(self, link: Link) -> int:
        """When a session that begins now ends, in Unix seconds."""
        end = self.now_us // SECOND_US + SESSION_SECONDS
        return end if link.expires_at is None else min(end, link.expires_at // SECOND_US)

    def may_play(self, playback: Playback) -> bool:
        link = playback.session.link
        return (
            self.now_us // SECOND_US < playback.expires_at_seconds
            and link.refusal(self.now_us) is None
            and link.rotation == playback.session.rotation
            and playback.track in self.tracks_of(link)
        )

    def delete_track(self, track: int) -> None:
        self.tracks.remove(track)
        self.saved.pop(track, None)
        for kept in (self.library, *self.collections.values()):
            if track in kept:
                kept.remove(track)
