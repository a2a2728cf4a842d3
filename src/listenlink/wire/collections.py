"""A collection as its owner sees it, and its tracks in order."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType


class Collection(Struct, frozen=True):
    """A collection as its owner sees it."""

    id: str
    name: str
    description: str | None
    cover_track_id: str | None
    cover_image_url: str | None
    track_count: int | None  # None in lists.
    created_at: datetime
    updated_at: datetime


class Member(Struct, frozen=True):
    """A track and its position, counted from 0."""

    track_id: str
    position: int
    added_at: datetime


class MembersPage(Struct, frozen=True):
    """A slice of a collection's tracks, with the limit and offset that were asked for. `next_cursor`, to be
    sent as `cursor`, goes on after it; it's left out if nothing follows."""

    collection_id: str
    items: list[Member]
    limit: int
    offset: int
    next_cursor: str | UnsetType = UNSET
