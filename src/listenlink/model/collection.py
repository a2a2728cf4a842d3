"""A collection: tracks in an order, under a name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Collection:
    """An ordered set of tracks with a name. `track_count` is None where it wasn't counted."""

    id: int
    organization_id: int
    owner_id: int
    name: str
    description: str | None
    cover_track_id: int | None
    cover_image_url: str | None
    created_at: int
    updated_at: int
    track_count: int | None = None
