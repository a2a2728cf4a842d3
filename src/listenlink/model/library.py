"""A user's library: which tracks are in it, and whether they made them or saved them from a link."""

from __future__ import annotations

from dataclasses import dataclass

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
