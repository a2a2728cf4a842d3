"""A user's library: which tracks are in it, and whether they made them or saved them from a link."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from listenlink.model import ids

OWN, SHARED = "own", "shared"


@dataclass(frozen=True, slots=True)
class Edge:
    """A track in a user's library. `source` is `own`, or `shared` if it came by the link `share_id`."""

    id: int
    track_id: int
    source: str
    share_id: int | None
    created_at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tracks of a library to list; None means any."""

    mode: str | None = None
    engine: str | None = None
    collection_id: int | None = None


class Order(StrEnum):
    """How a library is listed at the desk: the newest first, by title, by artist, or what was opened most
    in the last days."""

    NEWEST = "newest"
    TITLE = "title"
    ARTIST = "artist"
    OPENS = "opens"


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A track as the desk's list shows it. `links` are those of the user's to it that aren't closed; `opens`
    is how often all of the user's links to it, closed or not, were opened in the last days."""

    id: int
    title: str
    artist: str | None
    seconds: float
    is_own: bool
    has_cover: bool
    links: int = 0
    opens: int = 0

    @property
    def public_id(self) -> str:
        """Its id, as the API has it."""
        return ids.public_id(ids.TRACK, self.id)
