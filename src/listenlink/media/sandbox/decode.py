"""The only place where libav opens a stranger's file: what it may use, and which stream is decoded.

Runs only in sandboxed children. Samples are counted, passed on frame by frame, and dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

import av
from av.stream import Disposition

from listenlink.media.sandbox.formats import AudioFormat
from listenlink.media.sandbox.lockdown import Deadline
from listenlink.media.sandbox.ogg_chain import split_links
from listenlink.media.sandbox.sniff import without_tags_in_front

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

_EXTEND_EVERY_SECONDS = 5
_MAX_PADDING_SECONDS = 1  # What an MP4 may contain beyond its declared length.
_READ_BYTES = 128 * 1024
# Libav's names of ID3v2's types of pictures (section 4.14), which FLAC and Vorbis use too. What doesn't say
# its type, as in MP4, is most probably a cover.
_PICTURE_RANKS = {"Cover (front)": 0, "": 1, "Other": 2, "Media (e.g. label side of CD)": 3,
                  "32x32 pixels 'file icon'": 5, "Other file icon": 5}  # fmt: skip
_OTHER_RANK = 4


class RefusalError(Exception):
    """The file can't be measured; `args[0]` is one of the keys of `REASONS` in measure.py."""


class Count:
    """Decoded samples by rate, which may change in the course of a chained Ogg or HE-AAC. There may be
    `most_samples` in all channels together."""

    def __init__(self, most_samples: int | None = None) -> None:
        self._most_samples = most_samples
        self._samples_of_channels = 0
        self.samples_by_rate: dict[int, int] = {}
        self.rough_seconds = 0.0  # Cheap, for checking limits while decoding.
        self.first_rate = 0
        self.channels = 0
        self.most_channels = 0
        self.is_steady = True  # Whether rate and channels stay what they were.
        self.codec = ""
        self.profile: str | None = None
        self.tags: dict[str, str] = {}
        self.failed_packets = 0
        self.decoded_packets = 0
        self.decoded_after_failure = False

    @property
    def seconds(self) -> Fraction:
        """The exact length of what has been decoded."""
        parts = (Fraction(samples, rate) for rate, samples in self.samples_by_rate.items())
        return sum(parts, Fraction(0))

    @property
    def is_too_much(self) -> bool:
        """Whether more samples have been decoded than may be."""
        return self._most_samples is not None and self._samples_of_channels > self._most_samples

    def add(self, frames: list[AudioFrame]) -> None:
        """Count the frames decoded from one packet."""
        for frame in frames:
            samples, rate = frame.samples, frame.sample_rate
            if rate <= 0 or samples <= 0:
                continue
            channels = frame.layout.nb_channels
            if not self.first_rate:
                self.first_rate, self.channels = rate, channels
            self.most_channels = max(self.most_channels, channels)
            self.is_steady &= (rate, channels) == (self.first_rate, self.channels)
            self.samples_by_rate[rate] = self.samples_by_rate.get(rate, 0) + samples
            self.rough_seconds += samples / rate
            self._samples_of_channels += samples * channels
        self.decoded_packets += bool(frames)
        self.decoded_after_failure |= bool(frames and self.failed_packets)


def decode_file(
    file: BinaryIO, audio_format: AudioFormat, count: Count, max_seconds: int, deadline: Deadline
) -> None:
    """Decode a file's audio into `count`, including all songs of a chain. Raises RefusalError."""
    file = without_tags_in_front(file, audio_format)
    file.seek(0)
    is_ogg = audio_format.demuxer == "ogg"
    for number, part in enumerate(split_links(file) if is_ogg else [file]):
        try:
            _decode_part(part, audio_format, count, max_seconds, deadline)
        except RefusalError as refusal:
            if not number or refusal.args[0] != "broken":
                raise
            count.failed_packets += 1


def read_metadata(file: BinaryIO, audio_format: AudioFormat) -> dict[str, str]:
    """What libav tells of a file without decoding it. Raises RefusalError."""
    file = without_tags_in_front(file, audio_format)
    file.seek(0)
    with _open(file, audio_format) as container:
        return _metadata(container, _choose_stream(container, audio_format))


def _metadata(container: InputContainer, stream: AudioStream) -> dict[str, str]:
    return {
        name.lower(): text
        for tags in (container.metadata, stream.metadata)
        for name, text in tags.items()
    }


def read_pictures(file: BinaryIO, audio_format: AudioFormat, most_bytes: int) -> list[bytes]:
    """The pictures in the file of at most `most_bytes`, still encoded: the front cover first, icons last.
    Raises RefusalError."""
    file = without_tags_in_front(file, audio_format)
    file.seek(0)
    pictures: list[tuple[int, bytes]] = []
    with _open(file, audio_format) as container:
        streams = {stream.index: stream for stream in container.streams.video}
        for index in [
            i for i, s in streams.items() if not s.disposition & Disposition.attached_pic
        ]:
            del streams[index]
        # Libav gives the pictures before everything else.
        for packet in container.demux(*streams.values()) if streams else ():
            stream = streams.pop(packet.stream_index, None)
            if stream is not None and 0 < packet.size <= most_bytes:
                kind = str(stream.metadata.get("comment", ""))
                pictures.append((_PICTURE_RANKS.get(kind, _OTHER_RANK), bytes(packet)))
            if not streams:
                break
    return [data for _, data in sorted(pictures, key=lambda picture: picture[0])]


def _decode_part(
    file: BinaryIO, audio_format: AudioFormat, count: Count, max_seconds: int, deadline: Deadline
) -> None:
    with _open(file, audio_format) as container:
        stream = _choose_stream(container, audio_format)
        is_first = not count.codec  # The first song of a chain gives the file its tags.
        if is_first:
            count.codec = stream.codec_context.name
            count.profile = stream.codec_context.profile
        _decode(container, stream, count, max_seconds, deadline)
        if is_first:
            count.tags.update(_metadata(container, stream))


def is_strictly_right(file: BinaryIO, audio_format: AudioFormat) -> bool:
    """Whether the format's own headers come first, and have none of the faults that libav forgives here, but
    not in browsers."""
    if without_tags_in_front(file, audio_format) is not file:
        return False
    file.seek(0)
    try:
        with _open(file, audio_format, {"err_detect": "explode"}):
            return True
    except RefusalError:
        return False


def _open(
    file: BinaryIO, audio_format: AudioFormat, more: Mapping[str, str] | None = None
) -> InputContainer:
    """Open a file so that libav may use only this demuxer and these decoders, no protocol, no other file."""
    options = {
        **(more or {}),
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
            metadata_errors="surrogateescape",
            buffer_size=_READ_BYTES,
            io_open=_refuse_file,
        )
    except av.FFmpegError as error:
        raise RefusalError(_reason(error)) from None


def _refuse_file(*request: object) -> BinaryIO:
    raise PermissionError(request)


def _reason(error: Exception) -> str:
    return "too_costly" if isinstance(error, MemoryError) else "broken"


def _choose_stream(container: InputContainer, audio_format: AudioFormat) -> AudioStream:
    """The first audio stream, as in players. Covers and chapter images don't count as video."""
    pictures = Disposition.attached_pic | Disposition.timed_thumbnails
    if any(not stream.disposition & pictures for stream in container.streams.video):
        raise RefusalError("video")
    for stream in container.streams.audio:
        context = stream.codec_context
        if context is None or context.name not in audio_format.codecs:
            break
        # Each thread takes a stack of 8 MiB and an arena of 64 MiB out of the memory limit.
        context.thread_count = 1
        return stream
    raise RefusalError("not_audio")


def _decode(
    container: InputContainer,
    stream: AudioStream,
    count: Count,
    max_seconds: int,
    deadline: Deadline,
) -> None:
    """Decode and count a stream, in which libav drops encoder delay and padding (LAME, pre-skip, end
    granule, an edit's start)."""
    extended_seconds = count.rough_seconds
    packets: Iterator[av.Packet[AudioStream]] = iter(container.demux(stream))
    while True:
        try:
            packet = next(packets, None)
        except MemoryError:
            raise
        except av.FFmpegError:
            count.failed_packets += 1
            break  # The demuxer can't go on; what came so far is judged.
        if packet is None:
            break
        try:
            count.add(packet.decode())
        except MemoryError:
            raise
        except av.FFmpegError:
            count.failed_packets += 1
        if count.rough_seconds > max_seconds + _MAX_PADDING_SECONDS:
            raise RefusalError("too_long")
        if count.is_too_much:
            raise RefusalError("too_many_samples")
        if count.rough_seconds - extended_seconds >= _EXTEND_EVERY_SECONDS:
            extended_seconds = count.rough_seconds
            deadline.extend(Fraction(extended_seconds))
