"""The child process that decodes a stranger's file and counts its samples.

`python -m listenlink.media.probe MAX_SECONDS`, the file seekable on descriptor 0. One JSON line
on stdout: `{"reason": …}` when refused, else the fields of `Report`. Only a decoded sample is a
measured one: headers of MP3s without a Xing frame are wrong by more than half.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

from listenlink.media.declared_length import DeclaredLength, read_declared_length
from listenlink.media.mp4_length import CutError
from listenlink.media.sandbox import Deadline, close_doors, limit_process
from listenlink.media.sniff import M4A, AudioFormat, sniff

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

MAX_TEXT_CHARACTERS = 512
_EXTEND_EVERY_SECONDS = 5
_MAX_PADDING_SECONDS = 1  # What an MP4 may hold beyond the length it declares.
_READ_BYTES = 128 * 1024
# Line breaks and what turns the direction of writing, which makes a name read as another.
_UNWANTED = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " "),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF]),
}


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


class RefusalError(Exception):
    """The file is not measured; `args[0]` is one of the keys in `measure.REASONS`."""


class _Count:
    """Decoded samples by rate: a chained Ogg or HE-AAC may change it on the way."""

    def __init__(self) -> None:
        self.seconds = Fraction(0)
        self.first_rate = 0
        self.channels = 0
        self.failed_packets = 0
        self.decoded_packets = 0
        self.decoded_after_failure = False

    def add(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            if frame.sample_rate <= 0 or frame.samples <= 0:
                continue
            self.first_rate = self.first_rate or frame.sample_rate
            self.channels = self.channels or frame.layout.nb_channels
            self.seconds += Fraction(frame.samples, frame.sample_rate)
        self.decoded_packets += bool(frames)
        self.decoded_after_failure |= bool(frames and self.failed_packets)


def measure(file: BinaryIO, max_seconds: int, deadline: Deadline) -> Report:
    """Decode the one audio stream. Raises RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    declared: DeclaredLength | None = None
    if audio_format is M4A:  # Before libav, to which a missing index is just broken data.
        declared = _declared(file, audio_format, 1)
    file.seek(0)
    with _open(file, audio_format) as container:
        stream = _choose_stream(container, audio_format)
        count = _decode(container, stream, max_seconds, deadline)
        tags = {name.lower(): text for name, text in container.metadata.items()}
        tags.update((name.lower(), text) for name, text in stream.metadata.items())
        codec = stream.codec_context.name
    if not count.seconds:
        raise RefusalError("broken" if count.failed_packets else "empty")
    if audio_format is not M4A:
        declared = _declared(file, audio_format, count.first_rate)
    heard_seconds = _judge(count, declared, audio_format)
    if heard_seconds > max_seconds:
        raise RefusalError("too_long")
    return Report(
        format=audio_format.key,
        codec=codec,
        channels=count.channels,
        sample_count=max(round(heard_seconds * count.first_rate), 1),
        sample_rate=count.first_rate,
        title=clean(tags.get("title")),
        artist=clean(tags.get("artist") or tags.get("author")),
        album=clean(tags.get("album")),
    )


def clean(text: str | None) -> str | None:
    """Text of a tag on one line, without control characters, at most 512 characters long."""
    words = (text or "")[: 4 * MAX_TEXT_CHARACTERS].translate(_UNWANTED).split()
    return " ".join(words)[:MAX_TEXT_CHARACTERS].rstrip() or None


def _declared(file: BinaryIO, audio_format: AudioFormat, rate: int) -> DeclaredLength | None:
    try:
        return read_declared_length(file, audio_format, rate)
    except CutError:
        raise RefusalError("truncated") from None


def _open(file: BinaryIO, audio_format: AudioFormat) -> InputContainer:
    """Libav may use this demuxer and these decoders, no protocol and no further file."""
    import av

    options = {
        "format_whitelist": audio_format.demuxer,
        "codec_whitelist": ",".join(audio_format.codecs),
        "protocol_whitelist": "none",
        "threads": "1",
    }
    try:
        return av.open(
            file,
            "r",
            format=audio_format.demuxer,
            options=options,
            metadata_errors="replace",
            buffer_size=_READ_BYTES,
            io_open=_refuse_file,
        )
    except av.FFmpegError as error:
        raise RefusalError(_reason(error)) from None


def _refuse_file(url: str, flags: int, options: dict[str, str]) -> BinaryIO:
    raise PermissionError(url)


def _reason(error: Exception) -> str:
    return "too_costly" if isinstance(error, MemoryError) else "broken"


def _choose_stream(container: InputContainer, audio_format: AudioFormat) -> AudioStream:
    """The first audio stream, as players do. Pictures are no video: a cover, chapter images."""
    from av.stream import Disposition

    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    if any(not stream.disposition & pictures for stream in container.streams.video):
        raise RefusalError("video")
    for stream in container.streams.audio:
        context = stream.codec_context
        if context is None or context.name not in audio_format.codecs:
            break
        # A thread has a stack of 8 MiB and an arena of 64 MiB of the memory limit.
        context.thread_count = 1
        return stream
    raise RefusalError("not_audio")


def _decode(
    container: InputContainer, stream: AudioStream, max_seconds: int, deadline: Deadline
) -> _Count:
    """Libav drops encoder delay and padding (LAME, pre-skip, end granule, an edit's start)."""
    import av

    count = _Count()
    extended_seconds = Fraction(0)
    packets: Iterator[av.Packet[AudioStream]] = iter(container.demux(stream))
    while True:
        try:
            packet = next(packets, None)
        except MemoryError:
            raise
        except av.FFmpegError:
            break  # The demuxer can't go on: what came so far is judged.
        if packet is None:
            break
        try:
            count.add(packet.decode())
        except MemoryError:
            raise
        except av.FFmpegError:
            count.failed_packets += 1
        if count.seconds > max_seconds + _MAX_PADDING_SECONDS:
            raise RefusalError("too_long")
        if count.seconds - extended_seconds >= _EXTEND_EVERY_SECONDS:
            extended_seconds = count.seconds
            deadline.extend(count.seconds)
    return count


def _judge(count: _Count, declared: DeclaredLength | None, audio_format: AudioFormat) -> Fraction:
    """The seconds a listener hears. Raises RefusalError when too little of the file is there."""
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
    import av.stream  # With the doors closed, nothing more can be imported.
    import av.subtitles.codeccontext
    import av.subtitles.stream  # noqa: F401

    file = open(0, "rb", buffering=0)  # noqa: SIM115
    close_doors()
    answer: dict[str, object]
    try:
        answer = asdict(measure(file, int(sys.argv[1]), deadline))
    except RefusalError as refusal:
        answer = {"reason": refusal.args[0]}
    except MemoryError:
        answer = {"reason": "too_costly"}
    except Exception as error:  # Whatever a hostile file provokes is an answer, not a traceback.
        answer = {"reason": "broken"}
        print(repr(error), file=sys.stderr)
    os.write(1, json.dumps(answer).encode() + b"\n")
    # Tearing down libraries that a hostile file may have upset is of no use to anybody.
    os._exit(0)


if __name__ == "__main__":
    main()
