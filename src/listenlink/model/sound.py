"""What is made of a track's audio after the upload: what listeners see, and what browsers can play."""

from __future__ import annotations

from typing import NamedTuple


class Derived(NamedTuple):
    """What was derived: columns of `audio_objects` by name, None where there is nothing."""

    loudness_lufs: float | None = None
    peaks: bytes | None = None
    cover_digest: bytes | None = None
    cover_small_digest: bytes | None = None
    rendition_digest: bytes | None = None
    rendition_size_bytes: int | None = None
    rendition_content_type: str | None = None


class Sound(NamedTuple):
    """What was derived from a track's audio, once it `is_made`."""

    is_made: bool
    derived: Derived
