"""An upload that arrives in pieces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ResumableUpload:
    """One upload. `metadata` is as it was sent; `track_id` is the track made from it, once there is one.
    `promise_ends_at` is until when its promise counts; None once that was kept."""

    id: int
    organization_id: int
    user_id: int
    size_bytes: int
    metadata: str
    created_at: int
    track_id: int | None
    promise_ends_at: int | None = None
