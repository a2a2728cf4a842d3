"""Cover art, re-encoded: a stranger's picture is decoded and written as square JPEGs in two sizes.

None of the original's bytes are retained, and so nothing hidden in them is, nor where it was taken. Of a
picture that moves, the first frame is. Runs only in the sandboxed
child.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple, cast

import av
import numpy as np  # PyAV imports it on the first frame, by which time no file can be opened any more.
from av import VideoCodecContext, VideoFrame
from av.video.reformatter import Interpolation

from listenlink.media.sandbox.cover_answer import MOST_BYTES as MOST_BYTES
from listenlink.media.sandbox.orientation import read_orientation, turn
from listenlink.media.sandbox.picture import first_frame, read_picture_header

MOST_PIXELS_A_SIDE = 4096
LARGE_PIXELS = 1024
SMALL_PIXELS = 256
_THREADS = 1  # The child can't start another thread.
_QUANTISER = 4  # 2 is best, 31 worst; this looks about like quality 85 elsewhere.


class Covers(NamedTuple):
    """Two JPEGs of the central square, at most 1024 and 256 pixels a side."""

    large: bytes
    small: bytes


def make_covers(data: bytes) -> Covers | None:
    """The covers made from an encoded picture; None if it isn't one, is too large or is broken."""
    made = try_covers(data)
    return made if isinstance(made, Covers) else None


def try_covers(data: bytes) -> Covers | str:
    """The covers, or why there are none: a key of `listenlink.media.covers.REASONS`."""
    data = first_frame(data)
    header = read_picture_header(data) if len(data) <= MOST_BYTES else None
    if header is None:
        return "not_a_picture"
    if max(header.width, header.height) > MOST_PIXELS_A_SIDE:
        return "too_many_pixels"
    try:
        frame = _decode(header.codec, data)
        if frame is None or (frame.width, frame.height) != (header.width, header.height):
            return "broken"
        square = _middle(frame, read_orientation(data))
        return Covers(_write(square, LARGE_PIXELS), _write(square, SMALL_PIXELS))
    except MemoryError:
        raise
    except av.FFmpegError:
        return "broken"


def _decode(codec: str, data: bytes) -> VideoFrame | None:
    context = cast(VideoCodecContext, av.CodecContext.create(codec, "r"))
    context.thread_count = _THREADS
    frames = context.decode(av.Packet(data))
    return next(iter(frames or context.decode(None)), None)


def _middle(frame: VideoFrame, orientation: int) -> VideoFrame:
    # Scaled first: at 4096 pixels a side the sums below would take more memory than there is.
    scale = min(1.0, LARGE_PIXELS / min(frame.width, frame.height))
    width, height = round(frame.width * scale), round(frame.height * scale)
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    # On white, because nearly everything shows transparent pictures on white.
    shown = frame.reformat(
        width, height, "rgba", interpolation=Interpolation.LANCZOS, threads=_THREADS
    ).to_ndarray()
    pixels = shown.astype(np.uint16)[top : top + side, left : left + side]
    alpha = pixels[:, :, 3:]
    drawn = (pixels[:, :, :3] * alpha + 255 * (255 - alpha)) // 255
    upright = turn(drawn.astype(np.uint8), orientation)
    return VideoFrame.from_ndarray(upright.copy(), format="rgb24")


def _write(square: VideoFrame, most_pixels: int) -> bytes:
    side = min(square.width, most_pixels)
    scaled = square.reformat(
        side, side, "yuvj420p", interpolation=Interpolation.LANCZOS, threads=_THREADS
    )
    scaled.pts = 0
    context = av.CodecContext.create("mjpeg", "w")
    context.width = context.height = side
    context.pix_fmt = "yuvj420p"
    context.time_base = Fraction(1, 1)
    context.qmin = context.qmax = _QUANTISER
    context.thread_count = _THREADS
    return b"".join(bytes(packet) for packet in [*context.encode(scaled), *context.encode(None)])
