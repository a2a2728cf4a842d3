"""The child process that decodes a stranger's file and counts its samples.

`python -m listenlink.media.sandbox.probe MAX_SECONDS`, with a seekable file on descriptor 0. Writes one
JSON line to stdout: `{"reason": …}` if refused, else the fields of `Report`. Only decoded samples count
as measured: headers of MP3s without a Xing frame are wrong by more than half.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import BinaryIO

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream  # noqa: F401

from listenlink.media.sandbox.declared_length import (
    DeclaredLength,
    promises_more,
    read_declared_length,
)
from listenlink.media.sandbox.decode import Count, RefusalError, decode_file
from listenlink.media.sandbox.formats import M4A, MATROSKA, WEBM, AudioFormat
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.mp4_length import CutError
from listenlink.media.sandbox.sniff import sniff
from listenlink.media.sandbox.tags import Tags, read_tags

_BOXED = (M4A, WEBM, MATROSKA)
# Less than this nobody hears as music: it's what a program left behind that failed.
_LEAST_SECONDS = Fraction(1, 10)
# Below, there is nothing of what people hear, which begins at 20 Hz; and nothing can be made of it.
_LEAST_RATE = 40
# Over all channels: stereo at 192 kHz, or eight channels at 48 kHz, for as long as audio may be. Nothing that
# is recorded has more, and silence of any length and width takes up no room in a file.
_MOST_SAMPLES_A_SECOND = 2 * 192_000


@dataclass(frozen=True)
class Report:
    """What was measured. The length is sample_count / sample_rate seconds. `is_shorter_than_declared`: its
    own headers promise more, which may be left over from another file. `is_unsure`: its texts may be in a
    code page that would have to be guessed, in a process that can (tag_child.py)."""

    format: str
    codec: str
    channels: int
    sample_count: int
    sample_rate: int
    title: str | None
    artist: str | None
    album: str | None
    is_unsure: bool
    is_shorter_than_declared: bool


def measure(file: BinaryIO, max_seconds: int, deadline: Deadline) -> Report:
    """Decode and measure the file's one audio stream. Raises RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    declared: DeclaredLength | None = None
    if audio_format in _BOXED:  # Before libav, for which a missing part is just broken data.
        declared = _declared(file, audio_format, 1)
    count = Count(max_seconds * _MOST_SAMPLES_A_SECOND)
    decode_file(file, audio_format, count, max_seconds, deadline)
    if not count.samples_by_rate:
        raise RefusalError("broken" if count.failed_packets else "empty")
    if count.first_rate < _LEAST_RATE:
        raise RefusalError("not_audio")
    if audio_format not in _BOXED:
        declared = _declared(file, audio_format, count.first_rate)
    heard_seconds = _judge(count, declared, audio_format)
    if heard_seconds > max_seconds:
        raise RefusalError("too_long")
    if heard_seconds < _LEAST_SECONDS:
        raise RefusalError("too_short")
    length = (max(round(heard_seconds * count.first_rate), 1), count.first_rate)
    return Report(
        format=audio_format.key,
        codec=count.codec,
        channels=count.channels,
        sample_count=length[0],
        sample_rate=length[1],
        **_read_tags(file, audio_format, count)._asdict(),
        is_shorter_than_declared=_promises_more(file, audio_format, length),
    )


def _read_tags(file: BinaryIO, audio_format: AudioFormat, count: Count) -> Tags:
    """The tags; none if they're so broken that they can't be read, of which the sound is none the worse."""
    try:
        return read_tags(file, audio_format, count.tags)
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return Tags(None, None, None, False)


def _promises_more(file: BinaryIO, audio_format: AudioFormat, length: tuple[int, int]) -> bool:
    """Whether its headers promise more. What can't be read promises nothing: it's only said beside."""
    try:
        return promises_more(file, audio_format, *length)
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return False


def _declared(file: BinaryIO, audio_format: AudioFormat, rate: int) -> DeclaredLength | None:
    try:
        return read_declared_length(file, audio_format, rate)
    except CutError:
        raise RefusalError("truncated") from None


def _judge(count: Count, declared: DeclaredLength | None, audio_format: AudioFormat) -> Fraction:
    """The seconds that a listener hears. Raises RefusalError if too much of the file is missing."""
    if count.failed_packets > count.decoded_packets:
        raise RefusalError("broken")
    if declared is None:
        return count.seconds
    if declared.is_sure and declared.lacks(count.seconds):
        raise RefusalError("broken" if count.decoded_after_failure else "truncated")
    # Libav leaves an MP4's padding at the end, which the edit list or iTunes' comment excludes.
    return min(count.seconds, declared.seconds) if audio_format is M4A else count.seconds


def main() -> None:
    """Limit this process, measure descriptor 0, answer on descriptor 1."""
    limit_process()
    deadline = Deadline()
    close_doors()
    answer: dict[str, object]
    try:
        with open(0, "rb", buffering=0) as file:
            answer = asdict(measure(file, int(sys.argv[1]), deadline))
    except RefusalError as refusal:
        answer = {"reason": refusal.args[0]}
    except MemoryError:
        answer = {"reason": "too_costly"}
    except Exception as error:  # Whatever a hostile file provokes is an answer, not a traceback.
        answer = {"reason": "broken"}
        print(repr(error), file=sys.stderr)
    answer_and_end(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
