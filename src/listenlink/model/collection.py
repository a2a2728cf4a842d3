"""A collection: an ordered, named set of tracks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Collection:
    """An ordered, named set of tracks. `track_count` is None where they weren't counted."""

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
