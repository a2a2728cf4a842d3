"""The child process that makes what is derived from an accepted file.

`python -m listenlink.media.sandbox.derive_child SAMPLE_COUNT SAMPLE_RATE RENDITION`, with a seekable
file on descriptor 0; RENDITION is the number of a descriptor to write one to. Writes one JSON line to
stdout: `Answer`'s fields. What can't be made is missing from it; the rest is made all the same.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import BinaryIO

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream
import msgspec
from av import AudioFrame

from listenlink.media.derive import Answer
from listenlink.media.sandbox.ape_tag import read_ape_pictures
from listenlink.media.sandbox.cover import MOST_BYTES as MOST_PICTURE_BYTES
from listenlink.media.sandbox.cover import Covers, make_covers
from listenlink.media.sandbox.declared_length import promises_more
from listenlink.media.sandbox.decode import (
    Count,
    RefusalError,
    decode_file,
    is_strictly_right,
    read_pictures,
)
from listenlink.media.sandbox.formats import AAC, MP3, AudioFormat
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.loudness import LoudnessMeter
from listenlink.media.sandbox.playable import Sound, plays_as_it_is
from listenlink.media.sandbox.rendition import MOST_BYTES, Rendition
from listenlink.media.sandbox.sniff import sniff

_MOST_PICTURES = 8


class _Listening(Count):
    """Counts, and passes each frame on to the loudness meter and, if there is one, to the rendition."""

    def __init__(self, begin_rendition: Callable[[_Listening], Rendition | None]) -> None:
        super().__init__()
        self.loudness = LoudnessMeter()
        self.rendition: Rendition | None = None
        self._begin_rendition = begin_rendition
        self._has_begun = False

    def add(self, frames: list[AudioFrame]) -> None:
        """Count and process the frames decoded from one packet."""
        super().add(frames)
        for frame in frames:
            if frame.samples <= 0 or frame.sample_rate <= 0:
                continue
            if not self._has_begun:
                self._has_begun = True
                self.rendition = self._begin_rendition(self)
            self.loudness.add(frame)
            if self.rendition is not None:
                self.rendition.add(frame)


class _Encoding(Count):
    """Passes each frame on to a rendition."""

    def __init__(self, rendition: Rendition) -> None:
        super().__init__()
        self._rendition = rendition

    def add(self, frames: list[AudioFrame]) -> None:
        """Count and encode the frames decoded from one packet."""
        super().add(frames)
        for frame in frames:
            if frame.samples > 0 and frame.sample_rate > 0:
                self._rendition.add(frame)


def derive(file: BinaryIO, target: BinaryIO, length: tuple[int, int], deadline: Deadline) -> Answer:
    """Make all that can be made. `length` is (samples, rate), as measured. Raises RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    covers = _find_covers(file, audio_format)
    rendition, loudness = _listen(file, audio_format, target, length, deadline)
    if rendition is not None:
        rendition.close()
    return Answer(
        loudness_lufs=loudness.loudness_lufs,
        peaks=loudness.peaks,
        cover=covers.large if covers else None,
        cover_small=covers.small if covers else None,
        has_rendition=rendition is not None,
    )


def _find_covers(file: BinaryIO, audio_format: AudioFormat) -> Covers | None:
    """Made of the best picture of which some can be made."""
    pictures: list[bytes] = []
    with contextlib.suppress(RefusalError, av.FFmpegError):
        pictures += read_pictures(file, audio_format, MOST_PICTURE_BYTES)
    if audio_format in (MP3, AAC) and not pictures:
        pictures += read_ape_pictures(file)
    with contextlib.suppress(MemoryError):  # Too costly a picture costs no more than itself.
        for picture in pictures[:_MOST_PICTURES]:
            if (covers := make_covers(picture)) is not None:
                return covers
    return None


def _listen(
    file: BinaryIO,
    audio_format: AudioFormat,
    target: BinaryIO,
    length: tuple[int, int],
    deadline: Deadline,
) -> tuple[Rendition | None, LoudnessMeter]:
    """Decode once, and once more if only the end tells that a rendition is needed."""
    size_bytes = os.fstat(file.fileno()).st_size
    # A browser believes the header, and ends with an error where somebody seeks to what isn't there.
    is_well_formed = is_strictly_right(file, audio_format) and not promises_more(
        file, audio_format, *length
    )
    most_seconds = length[0] // length[1] + 1

    def begin_rendition(count: Count) -> Rendition | None:
        sound = _sound_of(count, audio_format, size_bytes, is_well_formed)
        if plays_as_it_is(sound):
            return None
        return Rendition(target, *length, channels=count.most_channels)

    listening = _Listening(begin_rendition)
    decode_file(file, audio_format, listening, most_seconds, deadline)
    listening.loudness.end()
    rendition = listening.rendition
    if not listening.is_steady and listening.most_channels > listening.channels:
        rendition = None  # What was begun in mono is begun again in stereo.
    if rendition is None and (again := begin_rendition(listening)) is not None:
        target.seek(0)
        target.truncate()
        deadline.begin_again(listening.seconds)
        decode_file(file, audio_format, _Encoding(again), most_seconds, deadline)
        rendition = again
    return rendition, listening.loudness


def _sound_of(
    count: Count, audio_format: AudioFormat, size_bytes: int, is_well_formed: bool
) -> Sound:
    return Sound(
        audio_format,
        count.codec,
        count.profile,
        count.channels,
        count.first_rate,
        size_bytes,
        is_well_formed,
        count.is_steady and not count.failed_packets,
    )


def main() -> None:
    """Limit this process, derive from descriptor 0, answer on descriptor 1."""
    limit_process(MOST_BYTES)
    deadline = Deadline()
    close_doors()
    sample_count, sample_rate, target = (int(text) for text in sys.argv[1:4])
    try:
        with open(0, "rb", buffering=0) as file, open(target, "r+b", buffering=0) as out:
            answer = derive(file, out, (sample_count, sample_rate), deadline)
        data = msgspec.json.encode(answer)
    except Exception as error:  # Whatever a hostile file provokes ends in an answer or in none.
        print(repr(error), file=sys.stderr)
        os._exit(1)
    answer_and_end(data)


if __name__ == "__main__":
    main()
