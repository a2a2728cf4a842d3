"""What the child that derives answers: known to both sides, so it loads nothing of the server's own."""

from __future__ import annotations

from typing import Annotated

import msgspec

PEAKS = 600
# What is made, each without the others if it must be.
PARTS = COVER, SOUND, RENDITION = ("cover", "sound", "rendition")


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What the child made. `peaks` is 600 levels of one byte each; covers are JPEGs, both or neither."""

    peaks: Annotated[bytes, msgspec.Meta(min_length=PEAKS, max_length=PEAKS)] | None = None
    loudness_lufs: Annotated[float, msgspec.Meta(ge=-70, le=30)] | None = None
    cover: bytes | None = None
    cover_small: bytes | None = None
    has_rendition: bool = False
