"""Any sound as mono or stereo at one rate, however many channels it has and however often it changes.

Runs only in the sandboxed child.
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

_MOST_KNOWN_CHANNELS = 8
_NUMBERS = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "s64": np.int64, "flt": np.float32,
            "dbl": np.float64}  # fmt: skip


class Downmix:
    """Takes in frames of any rate, format and layout, and gives them in one of each."""

    def __init__(self, sample_format: str, layout: str, rate: int) -> None:
        self._target = (sample_format, layout, rate)
        self._resampler: AudioResampler | None = None
        self._shape: tuple[object, ...] = ()
        self._is_mixed_here = False

    def add(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        """Yield what can be given after this frame."""
        shape = (frame.sample_rate, frame.format.name, frame.layout.name)
        if shape != self._shape:
            yield from self.end()
            self._shape = shape
            self._resampler = AudioResampler(*self._target)
            self._is_mixed_here = frame.layout.nb_channels > _MOST_KNOWN_CHANNELS
        if self._resampler is None:
            return
        frame.pts = None
        if not self._is_mixed_here:
            try:
                yield from self._resampler.resample(frame)
                return
            except MemoryError:
                raise
            except (av.FFmpegError, ValueError):
                # Libav knows no way from this layout to stereo.
                self._is_mixed_here = True
                self._resampler = AudioResampler(*self._target)
        yield from self._resampler.resample(_mix(frame))

    def end(self) -> Iterator[AudioFrame]:
        """Yield what is left, after the last frame."""
        if self._resampler is not None:
            yield from self._resampler.resample(None)
        self._resampler = None


def _mix(frame: AudioFrame) -> AudioFrame:
    """The mean of all channels, which can't be too loud: where they belong isn't known."""
    middle = _levels(frame).mean(axis=0, keepdims=True, dtype=np.float32)
    mixed = AudioFrame.from_ndarray(np.ascontiguousarray(middle), format="fltp", layout="mono")
    mixed.sample_rate = frame.sample_rate
    return mixed


def _levels(frame: AudioFrame) -> NDArray[np.float32]:
    """Levels from -1 to 1 by channel and sample."""
    kind, channels = frame.format.name.removesuffix("p"), frame.layout.nb_channels
    # PyAV 18 counts planes up to a null behind the last, which isn't there if there are more than eight.
    planes = frame.planes[: channels if frame.format.is_planar else 1]
    count = frame.samples * channels // len(planes)
    parts = [np.frombuffer(memoryview(plane), _NUMBERS[kind], count) for plane in planes]
    samples = np.stack(parts) if frame.format.is_planar else parts[0].reshape(-1, channels).T
    if samples.dtype.kind == "f":
        return np.asarray(samples, np.float32)
    middle = 128 if samples.dtype.kind == "u" else 0
    full_scale = 2 ** (8 * samples.dtype.itemsize - 1)
    return np.asarray((samples.astype(np.float32) - middle) / full_scale, np.float32)
