"""The child process that makes what is derived from an accepted file.

`python -m listenlink.media.sandbox.derive_child SAMPLE_COUNT SAMPLE_RATE RENDITION`, with a seekable
file on descriptor 0; RENDITION is the number of a descriptor to write one to. Writes one JSON line to
stdout: `Answer`'s fields. What can't be made is missing from it; the rest is made all the same.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import BinaryIO

# PyAV imports these on its first file, by which time no file can be opened any more.
import av.subtitles.codeccontext
import av.subtitles.stream
import msgspec
from av import AudioFrame

from listenlink.media.derive import Answer
from listenlink.media.sandbox.cover import MOST_BYTES as MOST_PICTURE_BYTES
from listenlink.media.sandbox.cover import make_covers
from listenlink.media.sandbox.decode import Count, RefusalError, decode_file, read_picture
from listenlink.media.sandbox.lockdown import Deadline, answer_and_end, close_doors, limit_process
from listenlink.media.sandbox.loudness import LoudnessMeter
from listenlink.media.sandbox.rendition import MOST_BYTES, Rendition, needs_rendition
from listenlink.media.sandbox.sniff import AudioFormat, sniff

_NICENESS = 10  # Opening links goes first.


class _Listening(Count):
    """Counts, and passes each frame on to the loudness meter and the rendition."""

    def __init__(self, audio_format: AudioFormat, size_bytes: int, length: tuple[int, int]) -> None:
        super().__init__()
        self.loudness = LoudnessMeter()
        self.rendition: Rendition | None = None
        self._format = audio_format
        self._size_bytes = size_bytes
        self._length = length
        self._target: BinaryIO | None = None

    def write_to(self, target: BinaryIO) -> None:
        """Set where a rendition goes, if one is needed."""
        self._target = target

    def add(self, frames: list[AudioFrame]) -> None:
        """Count and process the frames decoded from one packet."""
        super().add(frames)
        for frame in frames:
            if frame.samples <= 0 or frame.sample_rate <= 0:
                continue
            self.loudness.add(frame)
            self._render(frame)

    def _render(self, frame: AudioFrame) -> None:
        if self._target is not None and needs_rendition(
            self._format.key, self.codec, self._size_bytes
        ):
            self.rendition = Rendition(
                self._target, *self._length, channels=frame.layout.nb_channels
            )
        self._target = None
        if self.rendition is not None:
            self.rendition.add(frame)


def derive(file: BinaryIO, target: BinaryIO, length: tuple[int, int], deadline: Deadline) -> Answer:
    """Make all that can be made. `length` is (samples, rate), as measured. Raises RefusalError."""
    audio_format = sniff(file)
    if audio_format is None:
        raise RefusalError("not_audio")
    covers = None
    with contextlib.suppress(RefusalError, av.FFmpegError):
        picture = read_picture(file, audio_format, MOST_PICTURE_BYTES)
        covers = make_covers(picture) if picture else None
    listening = _Listening(audio_format, os.fstat(file.fileno()).st_size, length)
    listening.write_to(target)
    decode_file(file, audio_format, listening, length[0] // length[1] + 1, deadline)
    listening.loudness.end()
    if listening.rendition is not None:
        listening.rendition.close()
    return Answer(
        loudness_lufs=listening.loudness.loudness_lufs,
        peaks=listening.loudness.peaks,
        cover=covers.large if covers else None,
        cover_small=covers.small if covers else None,
        has_rendition=listening.rendition is not None,
    )


def main() -> None:
    """Limit this process, derive from descriptor 0, answer on descriptor 1."""
    os.nice(_NICENESS)
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
