"""What is made from accepted audio in a child process: peaks, loudness, covers, a rendition.

As in `measure.py`, the child is trusted as little as the file.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from listenlink.media.sandbox.child import Pace, reopen, run_child
from listenlink.media.sandbox.derive_answer import PARTS
from listenlink.media.sandbox.derive_answer import Answer as Answer
from listenlink.media.sandbox.priority import SECOND
from listenlink.media.turns import Turn
from listenlink.threads import WORK

_NICENESS = 2  # Opening links goes first, and answering uploads.
# More than a song takes, so that songs share, and only what is out of the ordinary gives way.
_SHORT_SECONDS = 10.0
RENDITION_CONTENT_TYPE = "audio/mp4"
# -I: neither the working directory nor PYTHON* variables have any effect.
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.derive_child")
_MOST_ANSWER_BYTES = 4 * 1024 * 1024
_JPEG = b"\xff\xd8\xff"


async def derive(
    file_descriptor: int,
    sample_count: int,
    sample_rate: int,
    target: int,
    turn: Turn,
    others: int = 0,
) -> Answer:
    """What could be made from a file of this length. A rendition is written to the descriptor `target`. From
    so many `others` of its user's something is being made already, on any node: it gives way for each.
    Cancelling this ends the child.

    If the child dies, of whatever it was making, each part is made in a child of its own: only what can't be
    made is missing.
    """
    arguments = [str(sample_count), str(sample_rate), str(target)]
    pace = pace_of(turn, others)
    with reopen(file_descriptor) as file:
        answer = await _make(file, arguments, PARTS, target, pace)
        if answer is not None:
            return answer
        alone = [await _make(file, arguments, [part], target, pace) or Answer() for part in PARTS]
    cover, sound, rendition = alone
    return Answer(
        peaks=sound.peaks,
        loudness_lufs=sound.loudness_lufs,
        cover=cover.cover,
        cover_small=cover.cover_small,
        has_rendition=rendition.has_rendition,
    )


def pace_of(turn: Turn, others: int) -> Pace:
    """How a child is to run of whose user so many others run, on any node."""
    # A turn that is long gives way by itself as a second one does.
    return Pace(turn, _NICENESS + SECOND * max(others - turn.is_long, 0), _SHORT_SECONDS)


async def _make(
    file: BinaryIO, arguments: Sequence[str], parts: Sequence[str], target: int, pace: Pace
) -> Answer | None:
    """What a child made of these parts; None if it died or can't be believed."""
    command = [*_COMMAND, *arguments, ",".join(parts)]
    file.seek(0)
    os.ftruncate(target, 0)
    told, exit_code = await run_child(command, file, _MOST_ANSWER_BYTES, given=[target], pace=pace)
    if exit_code != 0 or len(told) > _MOST_ANSWER_BYTES:
        return None
    try:
        answer: Answer = await WORK.run(msgspec.json.decode, told, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    for cover in (answer.cover, answer.cover_small):
        if cover is not None and not cover.startswith(_JPEG):
            return None
    return answer
