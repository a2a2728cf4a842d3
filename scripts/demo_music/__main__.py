"""`python -m demo_music [FOLDER]`: render every piece, by default into the package itself.

The samples are the same each time; the files are the same for as long as PyAV's encoder is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av
import numpy as np

from demo_music.instruments import SAMPLE_RATE, Sound
from demo_music.music import compose
from listenlink import demo
from listenlink.demo import PIECES, Piece

ARTIST = "Listenlink Demo"
# The three together stay under 2 MB, and what Opus leaves out at this rate isn't missed.
BIT_RATE = 56_000
_OPUS_RATE = 48_000


def render(piece: Piece, folder: Path) -> Path:
    """Write the piece's file into the folder, whole or not at all, and return its path."""
    path = folder / piece.file_name
    unfinished = folder / f".{piece.file_name}.{os.getpid()}.part"
    try:
        _encode(piece, compose(piece), unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def _encode(piece: Piece, sound: Sound, path: Path) -> None:
    # Without it the streams' numbers are drawn, and the files differ each time.
    exactly = {"fflags": "+bitexact"}
    with av.open(str(path), "w", format="ogg", container_options=exactly) as output:
        output.metadata.update({"title": piece.title, "artist": ARTIST})
        stream = output.add_stream("libopus", rate=_OPUS_RATE, layout="stereo", format="flt")
        if not isinstance(stream, av.AudioStream):
            raise TypeError("Opus is not an audio codec")
        stream.bit_rate = BIT_RATE
        resampler = av.AudioResampler("flt", "stereo", _OPUS_RATE)
        for start in range(0, sound.shape[1], SAMPLE_RATE):
            block = np.ascontiguousarray(sound[:, start : start + SAMPLE_RATE])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = SAMPLE_RATE, start
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        for converted in resampler.resample(None):
            output.mux(stream.encode(converted))
        output.mux(stream.encode(None))


def main() -> None:
    """Render all pieces, and say how large they are."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(demo.__file__).parent
    for piece in PIECES:
        path = render(piece, folder)
        print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
