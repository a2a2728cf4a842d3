"""Whether two files sound the same, sample by sample, and have the same tags and pictures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from listenlink.media.sandbox.decode import Count, decode_file, read_pictures
from listenlink.media.sandbox.formats import AudioFormat
from listenlink.media.sandbox.lockdown import Deadline

if TYPE_CHECKING:
    from av import AudioFrame

# What was accepted isn't measured again.
_MOST_SECONDS = 1_000_000
_MOST_PICTURE_BYTES = 32 * 1024 * 1024


class _Hearing(Count):
    """Counts, and sums up what is heard."""

    def __init__(self) -> None:
        super().__init__()
        self.sha256 = hashlib.sha256()

    def add(self, frames: list[AudioFrame]) -> None:
        """Count the frames decoded from one packet, and take all of their samples in."""
        super().add(frames)
        for frame in frames:
            form, channels = frame.format, frame.layout.nb_channels
            self.sha256.update(f"{form.name} {channels} {frame.sample_rate}".encode())
            length = frame.samples * form.bytes * (1 if form.is_planar else channels)
            for plane in frame.planes:
                self.sha256.update(memoryview(plane)[:length])  # There may be room behind it.


class Listening:
    """Decodes files, as far as the deadline allows."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def is_same(self, one: BinaryIO, other: BinaryIO, audio_format: AudioFormat) -> bool:
        """Whether both have the same samples, tags and pictures. Raises RefusalError."""
        return self._take_in(one, audio_format) == self._take_in(other, audio_format)

    def _take_in(self, file: BinaryIO, audio_format: AudioFormat) -> tuple[object, ...]:
        hearing = _Hearing()
        decode_file(file, audio_format, hearing, _MOST_SECONDS, self._deadline)
        self._deadline.begin_again(hearing.seconds)
        pictures = read_pictures(file, audio_format, _MOST_PICTURE_BYTES)
        sums = [hashlib.sha256(picture).digest() for picture in pictures]
        rates, faults = hearing.samples_by_rate, hearing.failed_packets
        return hearing.sha256.digest(), rates, faults, hearing.channels, hearing.tags, sums
