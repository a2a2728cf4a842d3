"""A track and the stored audio behind it."""

from __future__ import annotations

from dataclasses import dataclass

from listenlink.model.licence import Licence
from listenlink.wire.bodies import MODES as MODES


@dataclass(frozen=True, slots=True)
class Track:
    """A piece of music that somebody uploaded. Its length is exact: decoded samples over their rate.
    `object_digest` is of the bytes that are played, None where they weren't asked for.
    `is_shorter_than_declared`: the file's own headers promise more than there is."""

    id: int
    organization_id: int
    creator_id: int
    title: str
    artist: str | None
    engine: str
    mode: str
    instrumental: bool
    sample_count: int
    sample_rate: int
    stamp: Licence
    created_at: int
    object_digest: bytes | None = None
    is_shorter_than_declared: bool = False

    @property
    def measured_duration_seconds(self) -> float:
        """Seconds, to the millisecond; the stored sample count is exact."""
        return round(self.sample_count / self.sample_rate, 3)


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """The bytes behind a track: equal bytes are stored as one object. `digest` is their SHA-256."""

    digest: bytes
    size_bytes: int
    content_type: str
