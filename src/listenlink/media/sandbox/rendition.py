"""The rendition: AAC in MP4, made of audio that browsers don't play or that is too large to stream.

Runs only in the sandboxed child. The original is retained, and the length and licence shown are its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import BinaryIO

import av
from av import AudioFrame
from av.audio.stream import AudioStream

from listenlink.media.sandbox.downmix import Downmix

MOST_BYTES = 512 * 1024 * 1024
_BIT_RATE_A_CHANNEL = 96_000
_PLAYED_RATES = (22_050, 24_000, 32_000, 44_100, 48_000)
_SAMPLES_A_PACKET = 1024
# An entry in stsz and, at worst, one in each of stts, stsc and co64.
_INDEX_BYTES_A_PACKET = 36
_INDEX_BYTES = 64 * 1024


class Rendition:
    """Encodes frames into `file`, which is seekable, until it lasts `sample_count` / `rate` seconds."""

    def __init__(self, file: BinaryIO, sample_count: int, rate: int, channels: int) -> None:
        self._rate = rate if rate in _PLAYED_RATES else _PLAYED_RATES[-1]
        self._samples_left = -(-sample_count * self._rate // rate)
        packets = self._samples_left // _SAMPLES_A_PACKET + 1
        # Room for the index at the front, so that playback can begin with the first bytes.
        index_bytes = packets * _INDEX_BYTES_A_PACKET + _INDEX_BYTES
        self._container = av.open(
            file, "w", format="mp4", container_options={"moov_size": str(index_bytes)}
        )
        layout = "stereo" if channels > 1 else "mono"
        stream = self._container.add_stream("aac", rate=self._rate, layout=layout)
        if not isinstance(stream, AudioStream):
            raise TypeError("not an audio stream")
        self._stream = stream
        stream.bit_rate = _BIT_RATE_A_CHANNEL * (2 if channels > 1 else 1)
        stream.codec_context.thread_count = 1
        self._downmix = Downmix("fltp", layout, self._rate)
        self._at = 0

    def add(self, frame: AudioFrame) -> None:
        """Encode one frame, unless the end has been reached."""
        if self._samples_left > 0:
            for heard in self._downmix.add(frame):
                self._write(heard)

    def close(self) -> None:
        """Write the remaining packets and the index."""
        for heard in self._downmix.end():
            self._write(heard)
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def _write(self, frame: AudioFrame) -> None:
        # The last frame may be longer than what is left by what the demuxer can't trim: nobody hears it.
        if self._samples_left <= 0:
            return
        self._samples_left -= frame.samples
        frame.pts, frame.time_base = self._at, Fraction(1, self._rate)
        self._at += frame.samples
        self._container.mux(self._stream.encode(frame))
