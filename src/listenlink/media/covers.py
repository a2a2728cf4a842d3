"""Covers of a picture that somebody sent, made in a child process that is trusted as little as it."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import msgspec

from listenlink.media.sandbox.child import COSTLY_SIGNALS, Pace, reopen, run_child
from listenlink.media.sandbox.cover_answer import MOST_BYTES as MOST_BYTES
from listenlink.media.sandbox.cover_answer import Answer as Answer
from listenlink.media.turns import Spending, Turns

TYPES = ("image/jpeg", "image/png", "image/webp")
REASONS: Mapping[str, str] = {
    "not_a_picture": "This isn't a JPEG, PNG or WebP picture.",
    "too_many_pixels": "This picture has more than 4096 pixels on a side. Make it smaller.",
    "broken": "This picture is damaged or cut off.",
    "too_costly": "This picture takes too much time or memory to read, so it was given up.",
}
_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.cover_child")
_MOST_ANSWER_BYTES = 4 * 1024 * 1024
_WALL_SECONDS = 60.0
_JPEG = b"\xff\xd8\xff"


class CoverMaker:
    """Makes covers, each when its user's turn comes."""

    def __init__(self, turns: Turns | None = None, spending: Spending | None = None) -> None:
        self._turns = turns or Turns(2, 2, spending=spending)

    async def make(self, file_descriptor: int, user: int) -> Answer:
        """Read a picture that the caller holds open; `reason` is a key of REASONS or None.

        Cancelling this ends the child. Raises Problem(UNAVAILABLE) if no process can be started.
        """
        with reopen(file_descriptor) as file:
            file.seek(0)
            async with self._turns.take(user) as turn:
                told, exit_code = await run_child(
                    _COMMAND, file, _MOST_ANSWER_BYTES, _WALL_SECONDS, pace=Pace(turn)
                )
        return _judge(told, exit_code)


def _judge(told: bytes, exit_code: int) -> Answer:
    broken = Answer(reason="broken")
    if exit_code != 0 or len(told) > _MOST_ANSWER_BYTES:
        return Answer(reason="too_costly") if -exit_code in COSTLY_SIGNALS else broken
    try:
        answer = msgspec.json.decode(told, type=Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return broken
    if answer.reason is not None:
        return answer if answer.reason in REASONS else broken
    is_whole = answer.large.startswith(_JPEG) and answer.small.startswith(_JPEG)
    return answer if is_whole else broken
