"""What is measured while a file is decoded: its loudness, and the peaks of its waveform.

Runs only in the sandboxed child.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from av import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

from listenlink.media.sandbox.derive_answer import PEAKS
from listenlink.media.sandbox.downmix import Downmix

_BLOCKS_A_SECOND = 50
_RATE = 48_000  # The rate at which EBU R128's filter works.
_BLOCK_SAMPLES = _RATE // _BLOCKS_A_SECOND
_FULL_SCALE = 255
# The measure's floor: audio that never gets above it has no integrated loudness.
_SILENCE_LUFS = -70.0


class LoudnessMeter:
    """Takes in frames, then gives its results. Both are measured on one stereo stream at 48 kHz."""

    def __init__(self) -> None:
        self._downmix = Downmix("flt", "stereo", _RATE)
        try:
            self._graph: Graph | None = _make_graph()
        except Exception as error:
            print(repr(error), file=sys.stderr)
            self._graph = None
        self._integrated: str | None = None
        self._blocks: list[NDArray[np.float32]] = []
        self._rest = np.empty(0, np.float32)
        self._samples = 0

    def add(self, frame: AudioFrame) -> None:
        """Take in one frame of any rate and layout."""
        for heard in self._downmix.add(frame):
            self._hear(heard)

    def end(self) -> None:
        """Finish measuring, after the last frame."""
        for heard in self._downmix.end():
            self._hear(heard)
        if self._rest.size:
            self._blocks.append(self._rest.max(keepdims=True))
        self._measure(None)

    @property
    def loudness_lufs(self) -> float | None:
        """Integrated loudness (EBU R128), to a tenth; None for silence or less than 0.4 s."""
        if self._integrated is None:
            return None
        lufs = float(self._integrated)
        return round(lufs, 1) if np.isfinite(lufs) and lufs > _SILENCE_LUFS else None

    @property
    def peaks(self) -> bytes:
        """600 bytes, each the highest level (0 to 255 is full scale) in its part of the audio."""
        blocks = np.concatenate(self._blocks) if self._blocks else np.zeros(1, np.float32)
        edges = np.arange(PEAKS + 1) * len(blocks) / PEAKS
        tops = [
            blocks[int(start) : max(int(start) + 1, int(end))].max()
            for start, end in pairwise(edges)
        ]
        levels = np.nan_to_num(np.array(tops, np.float32) * _FULL_SCALE)
        return bytes(np.clip(np.rint(levels), 0, _FULL_SCALE).astype(np.uint8))

    def _hear(self, frame: AudioFrame) -> None:
        levels = np.abs(frame.to_ndarray().reshape(-1, 2)).max(axis=1)
        levels = np.concatenate([self._rest, levels])
        whole = len(levels) - len(levels) % _BLOCK_SAMPLES
        if whole:
            self._blocks.append(levels[:whole].reshape(-1, _BLOCK_SAMPLES).max(axis=1))
        self._rest = levels[whole:]
        frame.pts, frame.time_base = self._samples, Fraction(1, _RATE)
        self._samples += frame.samples
        self._measure(frame)

    def _measure(self, frame: AudioFrame | None) -> None:
        """Measure loudness; whatever that fails of, the peaks are none the worse."""
        if self._graph is None:
            return
        try:
            self._graph.push(frame)
            for measured in _until_empty(self._graph.pull):
                self._integrated = measured.metadata.get("lavfi.r128.I", self._integrated)
        except Exception as error:
            print(repr(error), file=sys.stderr)
            self._graph = self._integrated = None


def _make_graph() -> Graph:
    graph = Graph()
    source = graph.add_abuffer(
        sample_rate=_RATE, format="flt", layout="stereo", time_base=Fraction(1, _RATE)
    )
    meter = graph.add("ebur128", "metadata=1:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    return graph


def _until_empty(pull: Callable[[], object]) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield frame
