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

from listenlink.media.sandbox.declared_length import DeclaredLength, read_declared_length
from listenlink.media.sandbox.decode import Count, RefusalError, decode_file
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.mp4_length import CutError
from listenlink.media.sandbox.sniff import M4A, AudioFormat, sniff
from listenlink.media.sandbox.tag_text import clean


@dataclass(frozen=True)
class Report:
    """What was measured. The length is sample_count / sample_rate seconds."""

    format: str
    codec: str
    channels: int
    sample_count: int
    sample_rate: int
    title: str | None
    artist: str | None
    album: str | None


def measure(file: BinaryIO, max_seconds: int, deadline: Deadline) -> Report:
    """Decode and measure the file's one audio stream. Raises RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    declared: DeclaredLength | None = None
    if audio_format is M4A:  # Before libav, for which a missing index is just broken data.
        declared = _declared(file, audio_format, 1)
    count = Count()
    decode_file(file, audio_format, count, max_seconds, deadline)
    if not count.samples_by_rate:
        raise RefusalError("broken" if count.failed_packets else "empty")
    if audio_format is not M4A:
        declared = _declared(file, audio_format, count.first_rate)
    heard_seconds = _judge(count, declared, audio_format)
    if heard_seconds > max_seconds:
        raise RefusalError("too_long")
    return Report(
        format=audio_format.key,
        codec=count.codec,
        channels=count.channels,
        sample_count=max(round(heard_seconds * count.first_rate), 1),
        sample_rate=count.first_rate,
        title=clean(count.tags.get("title")),
        artist=clean(count.tags.get("artist") or count.tags.get("author")),
        album=clean(count.tags.get("album")),
    )


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
    if count.seconds < declared.seconds - declared.tolerance_seconds:
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
