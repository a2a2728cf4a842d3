"""How long an uploaded file really lasts: decoded in a child process, because it comes from a stranger.

The child is trusted as little as the file: its answer is checked, and it's killed at a deadline.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, BinaryIO

import msgspec

from listenlink.media.sandbox.child import COSTLY_SIGNALS, WALL_SECONDS, Pace, reopen, run_child
from listenlink.media.sandbox.formats import AudioFormat
from listenlink.media.sandbox.sniff import sniff
from listenlink.media.turns import Turns

MAX_ANSWER_BYTES = 64 * 1024
# -I: neither the working directory nor PYTHON* variables have any effect.
CHILD_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.probe")
TAG_COMMAND = (sys.executable, "-I", "-m", "listenlink.media.sandbox.tag_child")

REASONS: Mapping[str, str] = {
    "not_audio": "This file is not audio in a format that can be played here:"
    " WAV, FLAC, MP3, M4A, AAC, Ogg, Opus, WebM, Matroska or AIFF.",
    "empty": "This file contains no sound.",
    "too_short": "This file is shorter than a tenth of a second.",
    "truncated": "Part of this file is missing: it was cut off or damaged, perhaps while copying.",
    "too_long": "This file is longer than the allowed playing time.",
    "too_many_samples": "This file has more samples than can be taken in. All its channels together may have"
    " as many as the allowed playing time has in stereo at 192 kHz, or in eight channels at 48 kHz.",
    "video": "This file contains a video; only audio can be shared here.",
    "broken": "This file is damaged and can't be played.",
    "too_costly": "This file takes too much time or memory to read, so it was given up.",
}


@dataclass(frozen=True)
class Measured:
    """An accepted file. `codec` is libav's name for the decoder; texts have at most 512 characters.
    `is_shorter_than_declared`: its own headers promise more than there is."""

    format: str
    content_type: str
    codec: str
    channels: int
    sample_count: int
    sample_rate: int
    title: str | None
    artist: str | None
    album: str | None
    is_shorter_than_declared: bool = False

    @property
    def duration_seconds(self) -> float:
        """The length that a listener hears, in seconds."""
        return self.sample_count / self.sample_rate


@dataclass(frozen=True)
class Refused:
    """A refused file. `reason` is a key of REASONS."""

    reason: str

    @property
    def detail(self) -> str:
        """One sentence for the person uploading."""
        return REASONS[self.reason]


_Positive = Annotated[int, msgspec.Meta(gt=0, lt=2**48)]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512)] | None


class _Texts(msgspec.Struct, forbid_unknown_fields=True):
    """What the tags say. `is_unsure`: bytes of an unknown code page were taken for Latin."""

    title: _Text = None
    artist: _Text = None
    album: _Text = None
    is_unsure: bool = False


class _Answer(_Texts, forbid_unknown_fields=True):
    """The child's one line: either a reason, or everything else, of which the texts may be missing."""

    reason: str | None = None
    format: str = ""
    codec: str = ""
    channels: Annotated[int, msgspec.Meta(ge=0, le=1024)] = 0
    sample_count: _Positive = 1
    sample_rate: Annotated[int, msgspec.Meta(gt=0, lt=2**24)] = 1
    is_shorter_than_declared: bool = False


class Probe:
    """Measures files with at most `max_seconds` of audio, each when its user's turn comes."""

    def __init__(
        self,
        turns: Turns | None = None,
        *,
        max_seconds: int = 7200,
        command: Sequence[str] = CHILD_COMMAND,
        wall_seconds: float = WALL_SECONDS,
    ) -> None:
        self._turns = turns or Turns()
        self._command = [*command, str(max_seconds)]
        self._wall_seconds = wall_seconds

    async def measure(self, file_descriptor: int, user: int = 0) -> Measured | Refused:
        """Decode a seekable file of this user's, which the caller holds open.

        Cancelling this ends the child as well. Raises Problem(UNAVAILABLE) if no process can be started.
        """
        with reopen(file_descriptor) as file:
            audio_format = sniff(file)
            if audio_format is None:
                return Refused("not_audio" if os.fstat(file.fileno()).st_size else "empty")
            file.seek(0)
            async with self._turns.take(user) as turn:
                pace = Pace(turn)
                answer, exit_code = await run_child(
                    self._command, file, MAX_ANSWER_BYTES, self._wall_seconds, pace=pace
                )
                told = _judge(audio_format, answer, exit_code)
                if isinstance(told, Refused):
                    return told
                texts = await self._read_texts(file, pace) if told.is_unsure else None
        return _measured(audio_format, told, texts or told)

    async def _read_texts(self, file: BinaryIO, pace: Pace) -> _Texts | None:
        """The texts, by a child that can guess code pages; None if it couldn't."""
        file.seek(0)
        answer, exit_code = await run_child(
            TAG_COMMAND, file, MAX_ANSWER_BYTES, self._wall_seconds, pace=pace
        )
        if exit_code != 0 or len(answer) > MAX_ANSWER_BYTES:
            return None
        try:
            return msgspec.json.decode(answer, type=_Texts)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None


def _judge(audio_format: AudioFormat, answer: bytes, exit_code: int) -> _Answer | Refused:
    if len(answer) > MAX_ANSWER_BYTES:
        return Refused("broken")
    if exit_code != 0:
        return Refused("too_costly" if -exit_code in COSTLY_SIGNALS else "broken")
    try:
        told = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Refused("broken")
    if told.reason is not None:
        return Refused(told.reason if told.reason in REASONS else "broken")
    if told.format != audio_format.key or told.codec not in audio_format.codecs:
        return Refused("broken")
    return told


def _measured(audio_format: AudioFormat, told: _Answer, texts: _Texts) -> Measured:
    return Measured(
        format=audio_format.key,
        content_type=audio_format.content_type,
        codec=told.codec,
        channels=told.channels,
        sample_count=told.sample_count,
        sample_rate=told.sample_rate,
        title=texts.title,
        artist=texts.artist,
        album=texts.album,
        is_shorter_than_declared=told.is_shorter_than_declared,
    )
