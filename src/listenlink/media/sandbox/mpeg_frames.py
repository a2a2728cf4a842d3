"""The frames of MPEG audio that follow each other in a file without a container: MP3, and AAC in ADTS."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

# The bytes of the frame whose header the text begins with, or None if it's no header.
FrameBytes = Callable[[bytes], int | None]

_KBIT_MPEG1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBIT_MPEG2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_MPEG1 = (44_100, 48_000, 32_000)
_ADTS_HEADER_BYTES = 7
_ADTS_RATES = 13


class Mp3Frame(NamedTuple):
    """A frame of Layer III: its length, its samples a channel, and the side information's bytes."""

    size_bytes: int
    samples: int
    side_bytes: int


def read_mp3_frame(header: bytes) -> Mp3Frame | None:
    """What the 4-byte header of a Layer III frame says (ISO/IEC 11172-3 section 2.4.1.3, 13818-3 for
    MPEG-2, and the customary MPEG-2.5), or None. Free format isn't accepted.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return None
    version = header[1] >> 3 & 3  # 0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1.
    bit_rate_index, rate_index = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bit_rate_index in (0, 15) or rate_index == 3:
        return None
    is_mpeg1, is_mono = version == 3, header[3] >> 6 == 3
    kbit = (_KBIT_MPEG1 if is_mpeg1 else _KBIT_MPEG2)[bit_rate_index - 1]
    rate = _RATES_MPEG1[rate_index] >> (0 if is_mpeg1 else 1 if version == 2 else 2)
    padding = header[2] >> 1 & 1
    size_bytes = (144_000 if is_mpeg1 else 72_000) * kbit // rate + padding
    side_bytes = (17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17)
    return Mp3Frame(size_bytes, 1152 if is_mpeg1 else 576, side_bytes)


def mp3_frame_bytes(header: bytes) -> int | None:
    """The length of the Layer III frame with this header, or None."""
    frame = read_mp3_frame(header)
    return frame.size_bytes if frame else None


def adts_frame_bytes(header: bytes) -> int | None:
    """The length of the ADTS frame with this 7-byte header (ISO/IEC 13818-7 section 6.2), or None."""
    if len(header) < _ADTS_HEADER_BYTES or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:
        return None
    size_bytes = (header[3] & 3) << 11 | header[4] << 3 | header[5] >> 5
    is_known_rate = (header[2] >> 2 & 15) < _ADTS_RATES
    return size_bytes if is_known_rate and size_bytes > _ADTS_HEADER_BYTES else None


def find_frames(window: bytes, frame_bytes: FrameBytes, is_cut: bool) -> int | None:
    """Where frames follow each other: two at the start, or three soon after it; None if nowhere.

    A recording cut from a stream starts in the middle of a frame; hence the search. `is_cut`: the file
    goes on behind the window; else frames up to its end are enough.
    """
    if _count_frames(window, 0, 2, frame_bytes, is_cut) >= 2:
        return 0
    start = window.find(b"\xff", 1)
    while start != -1:
        if _count_frames(window, start, 3, frame_bytes, is_cut) >= 3:
            return start
        start = window.find(b"\xff", start + 1)
    return None


def _count_frames(
    window: bytes, start: int, enough: int, frame_bytes: FrameBytes, is_cut: bool
) -> int:
    count = 0
    while count < enough:
        size_bytes = frame_bytes(window[start : start + _ADTS_HEADER_BYTES])
        if size_bytes is None:
            break
        count += 1
        start += size_bytes
        if start == len(window) and not is_cut:
            return enough
    return count
