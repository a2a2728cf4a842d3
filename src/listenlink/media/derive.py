"""What is made from accepted audio in a child process: peaks, loudness, covers, a rendition.

As in `measure.py`, the child is trusted as little as the file.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import msgspec

from listenlink.media.sandbox.child import Pace, reopen, run_child
from listenlink.media.turns import Turn

PEAKS = 600
_NICENESS = 3  # Opening links goes first, and answering uploads.
# More than a song takes, so that songs share, and only what is out of the ordinary gives way.
_SHORT_SECONDS = 10.0
RENDITION_CONTENT_TYPE = "audio/mp4"
# -I: neither the working directory nor PYTHON* variables have any effect.
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.derive_child")
_MOST_ANSWER_BYTES = 4 * 1024 * 1024
_JPEG = b"\xff\xd8\xff"


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What the child made. `peaks` is 600 levels of one byte each; covers are JPEGs, both or neither."""

    peaks: Annotated[bytes, msgspec.Meta(min_length=PEAKS, max_length=PEAKS)]
    loudness_lufs: Annotated[float, msgspec.Meta(ge=-70, le=30)] | None = None
    cover: bytes | None = None
    cover_small: bytes | None = None
    has_rendition: bool = False


async def derive(
    file_descriptor: int, sample_count: int, sample_rate: int, target: int, turn: Turn
) -> Answer | None:
    """What could be made from a file of this length; None if nothing. A rendition is written to the
    descriptor `target`. Cancelling this ends the child."""
    command = [*_COMMAND, str(sample_count), str(sample_rate), str(target)]
    with reopen(file_descriptor) as file:
        pace = Pace(turn, _NICENESS, _SHORT_SECONDS)
        told, exit_code = await run_child(
            command, file, _MOST_ANSWER_BYTES, given=[target], pace=pace
        )
    if exit_code != 0 or len(told) > _MOST_ANSWER_BYTES:
        return None
    try:
        answer = await asyncio.to_thread(msgspec.json.decode, told, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    for cover in (answer.cover, answer.cover_small):
        if cover is not None and not cover.startswith(_JPEG):
            return None
    return answer
